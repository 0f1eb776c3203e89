"""Nothing of an item that the asker may not see leaves the system.

The strongest form of that law is tested: for every asker, every command prints on a library just what it
prints on the same library without the items that this asker may not see (and with all but the permitted
fields of stubs replaced). A count, a score, a suggestion, a neighbour or an error that differs is a leak.
Whoever adds a surface adds it to `_command_lines`.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import cli
from indexer.build import build_index
from library.access import Asker, Role, Visibility, visible
from library.errors import CasebookError
from library.items import FOLDERS
from tests.conftest import FakeEncoder, settings_for, write_library

_WORDS = [
    "price",
    "purchasing",
    "tender",
    "contract",
    "sponsor",
    "plant",
    "downtime",
    "carbon",
    "packaging",
    "hospital",
    "supplier",
    "delivery",
    "stock",
    "quality",
    "board",
    "margin",
    "rebate",
    "scorecard",
    "innovation",
    "rollout",
    "service",
    "failure",
    "retrofit",
    "audit",
    "invoice",
    "energy",
]
_GROUPS = ("red", "green", "blue")
_PEOPLE = ("ann", "bob", "cyd")
_INDUSTRIES = ("10", "11", "20", "29", "86", "Secretindustry")
_REGIONS = ("DE", "FR", "US", "EMEA", "Atlantis")
_LANGUAGES = ("en", "de", "fr")
_COMMAND = get_command(cli.app)


@dataclass(frozen=True)
class _Item:
    """An item of a random library: the fields that decide who sees it, and text full of a word of its own."""

    id: str
    type: str
    status: str
    classification: str | None
    access_groups: tuple[str, ...] = ()
    existence: str | None = None
    owner: str | None = None
    authors: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    secret: str = ""
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    industry: str = "10"
    region: str = "DE"
    language: str = "en"

    def path(self) -> str:
        return f"{FOLDERS[self.type]}/{self.id}.md"

    def text(self) -> str:
        text = " ".join(self.words)
        lines = [f"title: {self.secret} {text[:40]}", f"summary: {self.secret} {text}", f"status: {self.status}"]
        lines += [f"language: {self.language}", "created: 2026-01-05", "last_verified: 2026-06-30"]
        for name in ("classification", "existence", "owner"):
            if getattr(self, name):
                lines.append(f"{name}: {getattr(self, name)}")
        for name in ("access_groups", "authors"):
            lines.append(f"{name}: [{', '.join(getattr(self, name))}]")
        lines += [f"{name}: [{', '.join(ids)}]" for name, ids in self.links.items() if name != "replicates"]
        lines += [f"replicates: {id_}" for id_ in self.links.get("replicates", ())]
        if self.type in ("business_case", "industry_note"):
            lines += [f"industries: [{self.industry}]", f"regions: [{self.region}]", "sources: [a source]"]
        if self.type == "business_case":
            lines += [f"customer: {self.secret} buyer", "outcome: success", f"contact: {self.secret}@example.org"]
        if self.type == "industry_note":
            lines.append("note_kind: trend")
        if self.type == "learning_resource":
            lines.append("learning_resource_type: workshop")
        if self.type in ("competency", "enabler", "challenge_type"):
            lines += ["labels:", f"  en: {self.secret} {self.words[0]}", f"  de: {self.secret}"]
            lines += ["alt_labels:", f"  en: [{self.words[1]} {self.words[2]}, {self.secret}]"]
            lines += ["definition:", f"  en: {self.secret} {text}"]
        lines = [line for line in lines if not (line.startswith("sources") and self.type == "business_case")]
        body = (
            f"## Context\n\n{self.secret} {text}\n\n## Challenge\n\n{text} {self.secret}.\n\n## Solution\n\n{text}.\n"
        )
        return "---\n" + "\n".join(lines) + "\n---\n\n" + body


def _random_items(rng: random.Random) -> list[_Item]:
    """Return a library in which every rule of who sees what comes up, and items refer to each other freely."""
    ids = {
        "challenge_type": [f"chl-{n}" for n in range(4)],
        "competency": [f"cmp-{n}" for n in range(4)],
        "enabler": [f"enb-{n}" for n in range(3)],
        "business_case": [f"case-{n}" for n in range(14)],
        "industry_note": [f"note-{n}" for n in range(3)],
        "learning_resource": [f"lrn-{n}" for n in range(4)],
    }
    return [_random_item(rng, kind, item_id, ids) for kind, members in ids.items() for item_id in members]


def _random_item(rng: random.Random, kind: str, item_id: str, ids: dict[str, list[str]]) -> _Item:
    def some(names: list[str], most: int = 3) -> tuple[str, ...]:
        return tuple(rng.sample(names, rng.randint(0, min(most, len(names)))))

    links: dict[str, tuple[str, ...]] = {"related": some([*ids["business_case"], *ids["industry_note"]])}
    if kind == "business_case":
        links |= {name: some(ids[of]) for name, of in (("challenge_types", "challenge_type"), ("enablers", "enabler"))}
        links |= {"competencies": some(ids["competency"]), "supersedes": some(ids["business_case"], 1)}
        links["replicates"] = some([other for other in ids["business_case"] if other != item_id], 1)
    elif kind == "learning_resource":
        links["teaches"] = some(ids["competency"])
        links["related"] += some(ids["enabler"])
    elif kind in ids and kind != "industry_note":
        links["broader"] = some([other for other in ids[kind] if other < item_id], 1)
    closed = rng.random() < 0.45
    return _Item(
        id=item_id,
        type=kind,
        status=rng.choice(["approved"] * 6 + ["draft", "in_review", "archived"]),
        classification=rng.choice(
            ["confidential", "restricted"] if closed else ["public", "internal", "internal", None]
        ),
        access_groups=some(list(_GROUPS), 2) if closed else (),
        existence=rng.choice([None, "hidden", "discoverable", "discoverable"]),
        owner=rng.choice([None, *_PEOPLE]),
        authors=some(list(_PEOPLE), 1),
        words=tuple(rng.choices(_WORDS, k=rng.randint(12, 40))),
        secret="zq" + "".join(rng.choices("bcdfgklmnprstv", k=8)),
        links=links,
        industry=rng.choice(_INDUSTRIES),
        region=rng.choice(_REGIONS),
        language=rng.choice(_LANGUAGES),
    )


def _as_seen(items: list[_Item], asker: Asker, rng: random.Random) -> Iterator[_Item]:
    """Yield what the asker may see; of a stub everything but what a stub shows is replaced."""
    for item in items:
        match visible(asker, item):
            case Visibility.FULL:
                yield item
            case Visibility.STUB:
                yield replace(
                    item,
                    words=tuple(rng.choices(_WORDS, k=15)),
                    secret="zqreplaced",
                    region="US",
                    language="en",
                    owner=None if item.owner is None else "somebody",
                    links={name: ids if name == "challenge_types" else () for name, ids in item.links.items()},
                )


def _random_asker(rng: random.Random) -> Asker:
    return Asker(
        user=rng.choice(["", *_PEOPLE]),
        role=rng.choice(list(Role)),
        groups=frozenset(rng.sample(_GROUPS, rng.randint(0, 2))),
    )


def _judged(items: list[_Item], rng: random.Random) -> str:
    """Return a file that judges cases of every kind, seen or not, for some challenges."""
    cases = [item.id for item in items if item.type == "business_case"]
    rows = [f"{_WORDS[n]} {_WORDS[n + 1]},{id_},{rng.randint(0, 3)}" for n in range(6) for id_ in rng.sample(cases, 4)]
    return "\n".join(["challenge,case,grade", *rows, f"{_WORDS[9]} {_WORDS[10]},case-99,3", "holiday photos,,"]) + "\n"


def _command_lines(items: list[_Item], rng: random.Random, judged: Path) -> list[list[str]]:
    """Return command lines of every command that answers an asker; some of the many, others for each item."""
    secrets = [item.secret for item in items]
    texts = [" ".join(_WORDS[n : n + 6]) for n in (0, 7, 14)] + [f"{secrets[n]} price tender" for n in (0, 11, 12, 13)]
    searches = [["search", text] for text in texts]
    searches += [["search", texts[0], "--limit", "50"]]
    team = [["search", texts[2], "--have", ids] for ids in ("cmp-1,enb-0", "enb-1", "cmp-3", items[5].secret)]
    for option, values in (
        ("--industry", ("C", "10", "Secretindustry", secrets[11])),
        ("--region", ("EMEA", "Atlantis", secrets[12])),
        ("--challenge-type", ("chl-0", "chl-1", "chl-2", items[0].secret, items[1].secret)),
        ("--competency", ("cmp-0", "cmp-3", items[4].secret)),
        ("--enabler", ("enb-0", "enb-1")),
        ("--language", ("de", "fr", "xx")),
        ("--since", ("2026-01-01", "2026-07-01")),
        ("--outcome", ("success", "partial")),
    ):
        searches += [["search", texts[1], option, value] for value in values]
    browsing = [["show", item.id] for item in items]
    browsing += [["similar", item.id] for item in rng.sample([i for i in items if i.type == "business_case"], 5)]
    browsing += [["show", "case-99"], ["show", items[11].secret]]
    browsing += [["list", name, "--status", "approved", "--status", "draft"] for name in cli.ListName]
    evaluation = ["eval", str(judged), "--limit", "12", "--worst", "20"]
    lines = [[*line, "--json"] for line in (*rng.sample(searches, 14), *team, *browsing, ["status"], evaluation)]
    evaluation += ["--fail-under", "MRR=0.5", "--fail-under", "refused=1"]
    return lines + [line[:-1] for line in rng.sample(lines, 10)] + [["search", texts[0]], ["status"], evaluation]


def _observe(root: Path, asker: Asker, lines: list[list[str]]) -> dict[str, Any]:
    """Run command lines for an asker and return what each printed and how it ended."""
    who = ["--user", asker.user, "--role", asker.role, *(part for g in sorted(asker.groups) for part in ("--group", g))]
    return {" ".join(line): _run([*line, "--library", str(root), *who]) for line in lines}


def _run(arguments: list[str]) -> Any:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = _COMMAND.main(arguments, standalone_mode=False)
        except CasebookError as error:
            status = (error.message, error.hint)
    return {"status": status, "out": _normalised(out.getvalue()), "err": err.getvalue()}


def _normalised(out: str) -> Any:
    """Return JSON as values and text without what differs between any two runs."""
    try:
        value = json.loads(out)
    except ValueError:
        return re.sub(r"made \S+ with", "made ... with", out)
    if isinstance(value, dict):
        for name in ("search_id", "created"):
            value.pop(name, None)
    return value


def _assert_alike(one: Any, other: Any, place: str) -> None:
    """Compare values; numbers up to rounding, since a matrix product depends on its size in the last bits."""
    if isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, abs=1e-4), place
    elif isinstance(one, dict) and isinstance(other, dict):
        assert list(one) == list(other), place
        for name in one:
            _assert_alike(one[name], other[name], f"{place} > {name}")
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other), place
        for n, (left, right) in enumerate(zip(one, other, strict=True)):
            _assert_alike(left, right, f"{place}[{n}]")
    else:
        assert one == other, place


def _index(root: Path, items: list[_Item], key: bytes, encoder: FakeEncoder) -> None:
    write_library(root, {item.path(): item.text() for item in items})
    (root / ".casebook").mkdir()
    (root / ".casebook" / "stub.key").write_bytes(key)  # so that a stub has the same id in both libraries
    build_index(settings_for(root), encoder=encoder)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_of_an_invisible_item_leaves(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command prints the same whether items that the asker may not see exist or not."""
    rng = random.Random(seed)
    encoder = FakeEncoder()
    monkeypatch.setattr("search.engine.open_encoder", lambda *_, **__: encoder)
    items = _random_items(rng)
    key = rng.randbytes(32)
    judged = tmp_path / "judged.csv"
    judged.write_text(_judged(items, random.Random(seed)), encoding="utf-8")
    _index(tmp_path / "all", items, key, encoder)
    for n in range(3):
        asker = _random_asker(rng)
        seen = list(_as_seen(items, asker, rng))
        _index(tmp_path / f"seen{n}", seen, key, encoder)
        lines = _command_lines(items, rng, judged)
        observed = _observe(tmp_path / "all", asker, lines)
        _assert_alike(observed, _observe(tmp_path / f"seen{n}", asker, lines), f"{asker}")
        for item in items:
            if visible(asker, item) is not Visibility.FULL:
                for line, entry in observed.items():
                    # What the asker typed himself, or judged, may be repeated to him.
                    typed = line + judged.read_text(encoding="utf-8") * line.startswith("eval ")
                    for told in (item.secret, rf"{item.id}(?!\d)"):
                        known = re.search(told, typed) or not re.search(told, json.dumps(entry))
                        assert known, f"{line}: {asker} read {item}"


def test_random_libraries_hold_every_kind_of_item() -> None:
    """The law above is tested on stubs, hidden items and own drafts, not only on what everybody sees."""
    seen = set()
    for seed in range(4):
        rng = random.Random(seed)
        items = _random_items(rng)
        rng.randbytes(32)
        askers = [_random_asker(rng) for _ in range(3)]
        seen |= {(item.status, item.classification, visible(asker, item)) for item in items for asker in askers}
    for wanted in (
        ("approved", "confidential", Visibility.STUB),
        ("approved", "restricted", Visibility.NOTHING),
        ("approved", "confidential", Visibility.FULL),
        ("approved", None, Visibility.NOTHING),
        ("draft", "internal", Visibility.FULL),
        ("draft", "internal", Visibility.NOTHING),
        ("archived", "internal", Visibility.NOTHING),
    ):
        assert wanted in seen
