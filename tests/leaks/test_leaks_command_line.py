"""Whatever command is run, it prints what it would print if what the asker may not see did not exist."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import cli
from commands.options import ListName
from curation.feedback import FeedbackKind, Remark, keep_remark
from curation.state import State
from library.access import Asker, Visibility, visible
from library.errors import CasebookError
from tests.leaks.random_library import WORDS, Item
from tests.leaks.worlds import ENCODER, World

_COMMAND = get_command(cli.app)


def test_every_command_prints_as_without_what_is_hidden(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A count, a score, a suggestion, a neighbour or an error that differs is a leak."""
    monkeypatch.setattr("search.engine.open_encoder", lambda *_, **__: ENCODER)
    monkeypatch.setattr("api.engines.open_encoder", lambda *_, **__: ENCODER)
    judged = tmp_path / "judged.csv"
    for pair in world.pairs:
        if pair.asker.is_service:  # nobody is one on the command line
            continue
        rng = random.Random(world.seed)
        judged.write_text(_judged(world.items, rng), encoding="utf-8")
        _draft_beside(judged).write_text(f"{' '.join(WORDS)}. Price pressure in Germany.\n", encoding="utf-8")
        lines = command_lines(world.items, rng, judged)
        monkeypatch.setenv("CASEBOOK_STATE", str(_remarks(tmp_path / "state.db", world.items)))
        observed = _observe(pair.whole, pair.asker, lines)
        expected = _observe(pair.left, pair.asker, lines)
        for line, entry in observed.items():
            assert entry == expected[line], f"{line}: {pair.asker}"
        _assert_tells_nothing(pair.asker, observed, world.items, judged.read_text(encoding="utf-8"))


def command_lines(items: Sequence[Item], rng: random.Random, judged: Path) -> list[list[str]]:
    """Return command lines of every command that answers an asker: some of the many searches, all for each item."""
    whole = [["search", " ".join(WORDS[:6])], ["status"], ["feedback"]]
    whole += [["review", "queue"], ["review", "queue", "--by", "owner"], ["review", "diff", items[0].id, "--unified"]]
    whole += _exports(items, rng)
    whole += [["brief", item.id] for item in items if item.type == "business_case"][::3]
    evaluation = ["eval", str(judged), "--limit", "12"]
    whole.append([*evaluation, "--worst", "20", "--fail-under", "MRR=0.5", "--fail-under", "refused=1"])
    draft = _draft_beside(judged)
    whole.append(["suggest", str(draft)])
    lines = [
        *_searches(items, rng),
        *_browsing(items, rng),
        ["status"],
        ["feedback"],
        ["review", "queue"],
        ["suggest", str(draft)],
        [*evaluation, "--worst", "20"],
    ]
    return [[*line, "--json"] for line in lines] + rng.sample(lines, 8) + whole


def _draft_beside(judged: Path) -> Path:
    return judged.with_name("draft.txt")


def _exports(items: Sequence[Item], rng: random.Random) -> list[list[str]]:
    """Return exports of everything, of what an asker may not see, and by filters; they take no --json."""
    statuses = [part for status in ("approved", "draft", "in_review", "archived") for part in ("--status", status)]
    lines = [["export"], ["export", *statuses], ["export", "--format", "csv"], ["export", "--region", "EMEA"]]
    return lines + [["export", item.id] for item in rng.sample(items, 6)] + [["export", "case-99", *statuses]]


def _judged(items: Sequence[Item], rng: random.Random) -> str:
    """Return a file that judges cases of every kind, seen or not, for some challenges."""
    cases = [item.id for item in items if item.type == "business_case"]
    rows = [f"{WORDS[n]} {WORDS[n + 1]},{id_},{rng.randint(0, 3)}" for n in range(6) for id_ in rng.sample(cases, 4)]
    return "\n".join(["challenge,case,grade", *rows, f"{WORDS[9]} {WORDS[10]},case-99,3", "holiday photos,,"]) + "\n"


def _remarks(file: Path, items: Sequence[Item]) -> Path:
    """Return a state in which something was said of every item."""
    if not file.exists():
        with State(file).writing() as db:
            for item in items:
                keep_remark(db, Remark(item.id, FeedbackKind.USED, "user:x", "", f"{item.secret} helped"))
    return file


def _searches(items: Sequence[Item], rng: random.Random) -> list[list[str]]:
    def named(kind: str) -> Item:
        return rng.choice([item for item in items if item.type == kind])

    texts = [" ".join(WORDS[n : n + 6]) for n in (0, 7, 14)]
    texts += [f"{item.secret} price tender" for item in rng.sample(items, 4)]
    searches = [["search", text] for text in texts] + [["search", texts[0], "--limit", "50", "--explain"]]
    for option, values in (
        ("--industry", ("C", "10", "Secretindustry", "Secretindustri", named("business_case").secret)),
        ("--region", ("EMEA", "Atlantis", "Atlanti", named("business_case").secret)),
        ("--challenge-type", ("chl-0", "chl-1", named("challenge_type").secret, named("challenge_type").secret[:-1])),
        ("--competency", ("cmp-0", "cmp-3", named("competency").secret)),
        ("--enabler", ("enb-0", "enb-1", named("enabler").secret)),
        ("--language", ("de", "fr", "xx")),
        ("--since", ("2026-01-01", "2026-07-01")),
        ("--outcome", ("success", "partial")),
    ):
        searches += [["search", texts[1], option, value] for value in values]
    have = ("cmp-1,enb-0", "enb-1", "cmp-3", named("competency").secret)
    return rng.sample(searches, 10) + [["search", texts[2], "--have", ids] for ids in have]


def _browsing(items: Sequence[Item], rng: random.Random) -> list[list[str]]:
    cases = [item for item in items if item.type == "business_case"]
    lines = [["show", item.id] for item in rng.sample(items, 16)] + [["show", "case-99"], ["show", cases[0].secret]]
    lines += [["review", "diff", item.id] for item in rng.sample(items, 10)] + [["review", "diff", "case-99"]]
    lines += [["similar", item.id] for item in rng.sample(cases, 5)]
    return lines + [["list", name, "--status", "approved", "--status", "draft"] for name in ListName]


def _observe(root: Path, asker: Asker, lines: Sequence[Sequence[str]]) -> dict[str, Any]:
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


def _normalised(out: str) -> str:
    """Return what was printed without what differs between any two runs."""
    out = re.sub(r'"(search_id|created)": "[^"]*"', r'"\1": "..."', out)
    return re.sub(r"made \S+ with", "made ... with", out)


def _assert_tells_nothing(asker: Asker, observed: dict[str, Any], items: Sequence[Item], judged: str) -> None:
    """Look for the words and ids of what is hidden, should both libraries tell them."""
    seen = [item for item in items if visible(asker, item) is Visibility.FULL]
    mentioned = {item.mentions for item in seen}  # an item's text says what it says
    for line, entry in observed.items():
        printed = json.dumps(entry)
        # What the asker typed himself, or judged, may be repeated to him.
        typed = line + judged * line.startswith("eval ")
        for item in items:
            assert item.account not in printed, f"{line}: {asker} read the account of {item}"
            if item not in seen:
                ids = [] if item.id in mentioned else [rf"{item.id}(?!\d)"]
                for told in (item.secret, *ids):
                    assert re.search(told, typed) or not re.search(told, printed), f"{line}: {asker} read {item}"
