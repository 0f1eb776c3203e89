"""The tools as a client lists them: name, description, schemas, and the function behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from api.connector.arguments import (
    Arguments,
    ExplainMatchArguments,
    FetchArguments,
    FindLearningArguments,
    GetCaseArguments,
    ListArguments,
    SearchArguments,
    SearchCasesArguments,
)
from api.connector.desk import Desk
from api.connector.results import (
    CaseDetail,
    CasesFound,
    ConceptList,
    Document,
    Explained,
    LearningFound,
    SearchResults,
)
from api.connector.tools import (
    explain_match,
    fetch,
    find_learning,
    get_case,
    list_competencies,
    list_enablers,
    search,
    search_cases,
)
from search.answers.answer import plain


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as a client lists it, and the function behind it."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    result: type
    answer: Callable[[Desk, Any], Any]

    def call(self, desk: Desk, values: Mapping[str, Any]) -> dict[str, Any]:
        """Check the arguments and return the result as JSON values.

        Raises:
            ChallengeError: arguments, challenge or filters cannot be used.
            UnknownItemError: the caller sees no item of an id, alike whether it is hidden or does not exist.
        """
        result: dict[str, Any] = plain(self.answer(desk, self.arguments.read(values)))
        return result

    def input_schema(self) -> dict[str, Any]:
        """Return the arguments' JSON schema, in one piece: some clients follow no references."""
        return _schema(self.arguments, inline=True)

    def output_schema(self) -> dict[str, Any]:
        """Return the result's JSON schema."""
        return _schema(self.result, inline=False)


TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "search",
            "Search cases",
            "Find solved customer cases close to a challenge, as results to fetch and cite. No results means that no "
            "close case exists: say so. For reasons, differences and filters use search_cases.",
            SearchArguments,
            SearchResults,
            search,
        ),
        Tool(
            "fetch",
            "Fetch an item",
            "Return a case, industry note, competency, enabler, kind of challenge or learning resource in full.",
            FetchArguments,
            Document,
            fetch,
        ),
        Tool(
            "search_cases",
            "Find the closest cases",
            "Find the solved cases closest to a customer's challenge, why each is close and how it differs, which "
            "competencies and enablers they took, and whom to ask. Begin here. Read `verdict` and follow `advice`.",
            SearchCasesArguments,
            CasesFound,
            search_cases,
        ),
        Tool(
            "get_case",
            "Read a case",
            "Return one case in full: what it states, its sections, and what it links to.",
            GetCaseArguments,
            CaseDetail,
            get_case,
        ),
        Tool(
            "explain_match",
            "Compare a case with a challenge",
            "Tell why a given case is close to a challenge, how it differs, which passages match, and under which "
            "conditions it can be repeated.",
            ExplainMatchArguments,
            Explained,
            explain_match,
        ),
        Tool(
            "list_competencies",
            "List competencies",
            "List what people need to be able to do; the ids serve as filters and for find_learning.",
            ListArguments,
            ConceptList,
            list_competencies,
        ),
        Tool(
            "list_enablers",
            "List enablers",
            "List what the firm provides so that a case can work, and how to get it.",
            ListArguments,
            ConceptList,
            list_enablers,
        ),
        Tool(
            "find_learning",
            "Find what to learn from",
            "Find workshops, books, templates and the like for competencies and enablers, or for what the closest "
            "cases of a challenge took.",
            FindLearningArguments,
            LearningFound,
            find_learning,
        ),
    )
}


@cache
def _schema(described: type, *, inline: bool) -> dict[str, Any]:
    schema = TypeAdapter(described).json_schema(mode="validation" if inline else "serialization")
    definitions = schema.pop("$defs", {}) if inline else {}
    result: dict[str, Any] = _trimmed(schema, definitions)
    return result


def _trimmed(schema: Any, definitions: Mapping[str, Any]) -> Any:  # any part of a JSON schema
    """Put definitions in where they are referred to, and leave out what only repeats a name or says nothing."""
    match schema:
        case {"$ref": str(reference), **others} if (name := reference.rpartition("/")[2]) in definitions:
            return {**_trimmed(definitions[name], definitions), **_trimmed(others, definitions)}
        case dict():
            return {key: _trimmed(value, definitions) for key, value in schema.items() if _says_something(key, value)}
        case list():
            return [_trimmed(entry, definitions) for entry in schema]
        case _:
            return schema


def _says_something(key: str, value: Any) -> bool:
    return not (key == "title" and isinstance(value, str)) and (key != "default" or bool(value))
