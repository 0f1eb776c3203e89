"""What is wrong with something that was sent, in words for whoever sent it; never what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TOLD = {
    "extra_forbidden": "There is no such name here; check its spelling.",
    "json_invalid": "This is no JSON.",
    "missing": "It has to be given.",
    "model_type": "It has to be a JSON object.",
    "model_attributes_type": "It has to be a JSON object.",
    "dict_type": "It has to be a JSON object.",
    "string_type": "It has to be a text.",
    "list_type": "It has to be a list.",
    "int_type": "It has to be a whole number.",
    "int_parsing": "It has to be a whole number.",
    "bool_type": "It has to be true or false.",
    "bool_parsing": "It has to be true or false.",
    "greater_than_equal": "It has to be {ge:,} at least.",
    "less_than_equal": "It may be {le:,} at most.",
    "string_too_short": "It has to hold some text.",
    "string_too_long": "It may have {max_length:,} characters at most.",
    "too_long": "It may have {max_length:,} entries at most.",
}


def tell_fault(fault: Mapping[str, Any]) -> str:
    """Return one of pydantic's errors as a sentence."""
    told = _TOLD.get(fault["type"])
    if told is not None:
        return told.format(**fault.get("ctx", {}))
    message = fault["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{message[:1].upper()}{message[1:]}."
