"""An answer says what each of its fields means, and can be rebuilt from its JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from pydantic import TypeAdapter, ValidationError

from library.access import Asker
from search.answering.assembling import search_cases, similar_cases
from search.answers.answer import Answer
from search.answers.options import SearchOptions
from search.filters import Filters
from tests.cli.conftest import FILES
from tests.conftest import index_library, write_library

ANSWERS: TypeAdapter[Answer] = TypeAdapter(Answer)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Answer]]:
    """Answers that together have everything an answer can have: stubs, gaps, figures, notes, too many filters."""
    engine = index_library(write_library(tmp_path_factory.mktemp("answers"), FILES))
    asker = Asker(user="ann")
    lacking = SearchOptions(have=("cmp-value",))
    narrowed = Filters({"region": ("FR",), "challenge-type": ("chl-sponsor",)})
    text = "our executive sponsor left the French brewery, sponsor change in purchasing of food"
    yield [
        search_cases(engine, text, asker=asker, options=lacking),
        search_cases(engine, "price cut", asker=asker, filters=narrowed),
        similar_cases(engine, "case-sponsor", asker=asker),
    ]
    engine.close()


def test_answer_is_rebuilt_from_its_json(answers: list[Answer]) -> None:
    """Whoever asked a server gets the very answer back: dates, tuples and what is left out."""
    for answer in answers:
        assert ANSWERS.validate_python(answer.as_dict()) == answer
        assert ANSWERS.validate_json(json.dumps(answer.as_dict())) == answer


def test_rebuilt_answers_hold_every_part(answers: list[Answer]) -> None:
    """The rule above is tested on answers in which no part is always empty."""
    empty = {name for name in Answer.__dataclass_fields__ if not any(getattr(answer, name) for answer in answers)}
    assert not empty
    assert any(case.value and case.last_verified for answer in answers for case in answer.cases)


def test_json_fits_the_schema_in_both_modes(answers: list[Answer]) -> None:
    """What is printed is what the schema says, whether it is read or written; an unknown verdict is not taken."""
    for mode in ("validation", "serialization"):
        schema = ANSWERS.json_schema(mode=mode)
        for answer in answers:
            jsonschema_rs.validate(schema, json.loads(json.dumps(answer.as_dict())))
    with pytest.raises(ValidationError):
        ANSWERS.validate_python(answers[0].as_dict() | {"verdict": "certain"})


def test_every_field_is_described() -> None:
    """No field of an answer, however deep, goes without a description; an example stands with every plain one."""
    schema = ANSWERS.json_schema()
    objects = {"Answer": schema, **schema["$defs"]}
    fields = [(name, field, entry) for name, of in objects.items() for field, entry in _properties(of)]
    assert len(fields) > 100
    assert [f"{name}.{field}" for name, field, entry in fields if not entry.get("description")] == []
    bare = [f"{name}.{field}" for name, field, entry in fields if "examples" not in entry and "$ref" not in str(entry)]
    assert bare == []


def test_importing_an_answer_loads_no_server() -> None:
    """The command line pays nothing for the schema: no web framework is loaded, and no validator is built."""
    script = (
        "import sys, search.answers.answer\n"
        "assert not {'fastapi', 'starlette', 'jsonschema'} & sys.modules.keys()\n"
        "assert not hasattr(search.answers.answer.Answer, '__pydantic_validator__')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def _properties(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(schema.get("properties", {}).items())
