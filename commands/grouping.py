"""Options in groups: a dataclass of options stands once and is a single parameter of every command that takes it.

Every start of the command line pays for this. So the modules that hold options and commands do not postpone their
annotations, which would have to be evaluated here, and their dataclasses have none of the methods that nobody calls.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from inspect import Parameter
from typing import Any


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command as typer reads it: each field of a parameter that is a dataclass is an option of its own.

    The command itself gets the dataclass, made of what was given. A group of which nothing is given is made of
    its fields' defaults.
    """
    parameters = inspect.signature(command).parameters
    groups: dict[str, Any] = {name: one.annotation for name, one in parameters.items() if is_dataclass(one.annotation)}

    def run(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **made)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    flat: list[Parameter] = []
    for name, parameter in parameters.items():
        flat += _options(groups[name]) if name in groups else [parameter.replace(kind=Parameter.KEYWORD_ONLY)]
    run.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]  # inspect and typer look for it
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    return run


@cache
def _options(group: Any) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in fields(group)
    )
