"""Changing keys in place: what was asked for is read back, and nothing else changes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.front_matter_edit import set_keys
from library.errors import EditError
from library.front_matter import split_front_matter

CASE = """\
---
# who reads this?
title: "Price: pressure"   # quoted
summary: >
  Two lines
  folded.

# dates
created: 2026-01-05
regions: [DE, 'NO']  # two
challenge_types:
  # the first one counts
  - chl-price-pressure  # main
  - chl-commoditisation
enablers:
  - {id: enb-coe, effect: critical}
  - id: enb-value
    effect: missing
owner: role:sam
---

## Challenge

title: not this one
"""


def _values(text: str) -> dict[str, Any]:
    return split_front_matter(text.removeprefix("\ufeff").replace("\r\n", "\n"))[0].values


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"title": 'New: "one"'}, 'title: "Price: pressure"   # quoted', 'title: "New: \\"one\\""   # quoted'),
        ({"created": "2026-02-03"}, "created: 2026-01-05", "created: 2026-02-03"),
        ({"regions": ["DE", "NO", "FR"]}, "[DE, 'NO']  # two", "[DE, 'NO', FR]  # two"),
        ({"regions": ["NO"]}, "[DE, 'NO']  # two", "['NO']  # two"),
        ({"regions": []}, "[DE, 'NO']  # two", "[]  # two"),
        ({"owner": None}, "owner: role:sam\n", ""),
        ({"owner": "no"}, "owner: role:sam\n", 'owner: "no"\n'),
        (
            {"challenge_types": ["chl-price-pressure", "chl-commoditisation", "chl-new"]},
            "  - chl-commoditisation\n",
            "  - chl-commoditisation\n  - chl-new\n",
        ),
        ({"challenge_types": ["chl-price-pressure"]}, "  - chl-commoditisation\n", ""),
        (
            {"enablers": [{"id": "enb-value", "effect": "missing"}, {"id": "enb-new"}]},
            "  - {id: enb-coe, effect: critical}\n  - id: enb-value\n    effect: missing\n",
            "  - id: enb-value\n    effect: missing\n  - {id: enb-new}\n",
        ),
        ({"summary": "One."}, "summary: >\n  Two lines\n  folded.\n", "summary: One.\n"),
        ({"outcome": "success"}, "[DE, 'NO']  # two\n", "[DE, 'NO']  # two\n"),
        ({"status": "in_review"}, "  folded.\n", "  folded.\nstatus: in_review\n"),
        ({"title": None, "owner": "a"}, 'title: "Price: pressure"   # quoted\n', ""),
    ],
)
def test_only_the_changed_lines_change(changes: dict[str, Any], old: str, new: str) -> None:
    """A value is replaced where it stands; comments, order and quoting of the rest stay."""
    result = set_keys(CASE, changes)

    if len(changes) == 1 and old != new:
        assert result == CASE.replace(old, new, 1)
    assert _values(result) == {k: v for k, v in {**_values(CASE), **changes}.items() if v is not None}
    assert result.partition("## Challenge")[2] == CASE.partition("## Challenge")[2]


def test_a_new_key_stands_where_it_usually_does() -> None:
    """A key that was not there follows the nearest one that a template has before it."""
    result = set_keys(CASE, {"competencies": ["cmp-a", "cmp-b"], "last_verified": "2026-05-05"})

    assert "  - chl-commoditisation\ncompetencies: [cmp-a, cmp-b]\nenablers:" in result
    assert "created: 2026-01-05\nlast_verified: 2026-05-05\nregions:" in result


def test_comment_of_a_replaced_list_stays() -> None:
    """Lines of comments stay even where the entries around them go."""
    result = set_keys(CASE, {"challenge_types": ["chl-other"]})

    assert "challenge_types:\n  # the first one counts\n  - chl-other\n" in result


def test_nested_mapping_changes_one_line() -> None:
    """A label in one language changes without the others being written again."""
    text = '---\nlabels:\n  en: Value  # plain\n  de: "Wert"\nstatus: draft\n---\nbody'

    result = set_keys(text, {"labels": {"en": "Value", "de": "Nutzen", "fr": "Valeur"}})

    assert result == text.replace('"Wert"', '"Nutzen"\n  fr: Valeur')


_FLOW = """\
---
labels: { en: "Value" , 'de': 'Wert',fr: [ "a", 'b' ] }  # three
industries: [{scheme: isic, code: "10"}, { scheme: 'isic' , code: "011" }]
value:
  - {metric: "Line stops", baseline: '12', result: "7"}  # audited
  # the second
  - metric: 'Cost'  # of all plants
    # before
    baseline: "1,200"
    result: '900'

---
"""


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"labels": {"en": "Worth", "de": "Wert", "fr": ["a", "b"]}}, 'en: "Value"', 'en: "Worth"'),
        ({"labels": {"en": "Value", "de": "Nutzen", "fr": ["a", "b"]}}, "'Wert'", "'Nutzen'"),
        ({"labels": {"en": "Value", "de": "Wert", "fr": ["a", "c"]}}, "'b'", "'c'"),
        ({"labels": {"en": "Value", "de": "Wert"}}, ",fr: [ \"a\", 'b' ]", ""),
        ({"labels": {"de": "Wert", "fr": ["a", "b"]}}, 'en: "Value" , ', ""),
        ({"labels": {"de": "Wert"}}, "en: \"Value\" , 'de': 'Wert',fr: [ \"a\", 'b' ] }", "'de': 'Wert' }"),
        (
            {"labels": {"en": "Value", "de": "Wert", "fr": ["a", "b"], "it": "v: w"}},
            "'b' ] }",
            "'b' ], it: \"v: w\" }",
        ),
        ({"industries": [{"scheme": "isic", "code": "10"}, {"scheme": "isic", "code": "021"}]}, '"011"', '"021"'),
        ({"industries": [{"scheme": "isic", "code": "011"}]}, '{scheme: isic, code: "10"}, ', ""),
        (
            {
                "value": [
                    {"metric": "Line stops", "baseline": "12", "result": "5"},
                    {"metric": "Cost", "baseline": "1,200", "result": "900"},
                ]
            },
            '"7"}',
            '"5"}',
        ),
        (
            {
                "value": [
                    {"metric": "Line stops", "baseline": "12", "result": "7"},
                    {"metric": "All cost", "baseline": "1,200", "result": "900", "unit": "EUR"},
                ]
            },
            "'Cost'  # of all plants\n    # before\n    baseline: \"1,200\"\n    result: '900'\n",
            "'All cost'  # of all plants\n    # before\n    baseline: \"1,200\"\n    result: '900'\n    unit: EUR\n",
        ),
    ],
)
def test_what_stays_in_a_changed_value_keeps_its_quotes(changes: dict[str, Any], old: str, new: str) -> None:
    """In brackets and in lists of mappings too, one entry changes and quotes, spaces and comments beside it stay."""
    assert _FLOW.count(old) == 1
    result = set_keys(_FLOW, changes)
    assert _values(result) == {**_values(_FLOW), **changes}
    assert result == _FLOW.replace(old, new)


def test_long_values_become_lists_of_mappings() -> None:
    """What does not fit a line is written as a block, and read back the same."""
    figures = [
        {"metric": "m" * 60, "baseline": "12", "result": "a: b # c", "unit": "Mio. ' \"", "period": "2024\n2025"}
    ]

    assert _values(set_keys(CASE, {"value": figures}))["value"] == figures


def test_line_ends_and_byte_order_mark_stay() -> None:
    """A file from Windows stays one."""
    text = "\ufeff" + CASE.replace("\n", "\r\n")

    result = set_keys(text, {"competencies": ["cmp-a"], "regions": ["FR"]})

    assert result.startswith("\ufeff---\r\n")
    assert not re.search(r"(?<!\r)\n", result)
    assert _values(result)["competencies"] == ["cmp-a"]


def test_empty_block_gets_its_first_key() -> None:
    """A block that holds nothing but a comment takes keys."""
    assert set_keys("---\n# nothing yet\n---\nText", {"title": "A"}) == "---\n# nothing yet\ntitle: A\n---\nText"


def test_same_value_changes_nothing() -> None:
    """Setting what is there already returns the same text."""
    assert set_keys(CASE, _values(CASE)) == CASE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\ntitle: a\ntitle: b\n---\n", "Line 3: `title` stands twice"),
        ("---\ntitle: a\nowner: &o x\n---\n", "Line 3: `owner` has an anchor"),
        ("---\ntitle: a\nowner: !!str x\n---\n", "Line 3: `owner` has an anchor or a tag"),
        ("---\ntitle: a\nowner:\tx\n---\n", "Line 3: a tab"),
        ("---\ntitle: &o a\nowner: *o\n---\n", "Line 3: YAML aliases"),
        ("---\n{title: a, owner: x}\n---\n", "Line 2: the fields stand in braces"),
        ("---\n? owner\n: x\n---\n", "Line 2: `owner` begins"),
        ("---\nowner: [a, # why\n  b]\n---\n", "Line 2: there are comments"),
        ("no front matter", "Line 1: no front matter"),
    ],
)
def test_what_is_not_safe_is_refused(text: str, said: str) -> None:
    """Nothing is guessed: the error names the line and what to do."""
    with pytest.raises(EditError, match=re.escape(said)) as refused:
        set_keys(text, {"owner": ["b"]})

    assert refused.value.hint


def test_marks_elsewhere_do_not_matter() -> None:
    """An anchor or a tab in a value that is not touched is left alone."""
    text = '---\ntitle: &o a\nsummary: "a\tb"\n---\n'

    assert set_keys(text, {"owner": "x"}) == text.replace('b"\n', 'b"\nowner: x\n')


_words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
_names = st.sampled_from(["title", "summary", "regions", "owner", "labels", "x_own", "value", "created"])
_values_of_keys = st.recursive(
    _words | st.sampled_from(["no", "12", "012", "1_0", "a: b", "# c", "- d", "a,b", "[x]", "'", "|", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=8,
)
_WRITTEN = {
    "title": [
        "title: a  # t\n",
        "title: 'it''s'\n",
        "title: |+\n  x\n  # no comment\n\n",
        'title:\n  # above\n  "a\n  b"\n',
    ],
    "summary": ["summary: >-\n  x\n\n  y\n\n", "summary:   # nothing yet\n", "summary: é😀 \u2028 x\n"],
    "regions": ["regions: [DE,\n  FR ]  # c\n", "regions:\n- DE\n# between\n- FR # last\n", "regions: []\n"],
    "value": [
        "value:\n    # first\n  - metric: a\n    # inside\n    unit: b\n\n  - {metric: c}\n",
        "value:\n  - |\n    # x\n  -\n",
    ],
    "labels": ["labels: {en: a, de: b}\n", "labels:\n  # l\n  en: [a, b]\n  de: b # d\n"],
    "x_own": ["x_own: 1\n\n# at the end\n"],
}


@settings(max_examples=80)
@given(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(texts) for name, texts in _WRITTEN.items()}),
    st.dictionaries(_names, st.none() | _values_of_keys, max_size=3),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.randoms(use_true_random=False),
)
def test_law_of_changing_in_place(written: dict[str, str], changes: dict[str, Any], newline: str, chance: Any) -> None:
    """The changed keys read as asked, all others as before, and every line of those stands there as it did."""
    keys = list(written)
    chance.shuffle(keys)
    text = ("---\n" + "".join(written[key] for key in keys) + "---\nBody # x\n").replace("\n", newline)
    plain = text.replace(newline, "\n").replace("\u2028", " ")
    before = split_front_matter(plain)[0].values

    try:
        result = set_keys(text, changes)
    except EditError:
        assert "|+" in text  # whose text goes on through every empty line that a key behind it leaves
        return

    after = split_front_matter(result.replace(newline, "\n").replace("\u2028", " "))[0].values
    wanted = {k: v for k, v in {**before, **changes}.items() if v is not None or k not in changes}
    assert after == wanted
    kept = [written[key].replace("\n", newline) for key in keys if key not in changes]
    place = 0
    for lines in kept:
        place = result.index(lines.rstrip("\r\n"), place)


_FLOW_VALUES = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)
    | st.sampled_from(["no", "12", "a: b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
_FLOW_TEXTS = (
    "{}",
    "[]",
    "{a: 1, 'b': \"x\" , c: [p,'q'] }",
    "[ {a: 'x', b: }, y, \"z\" ]",
    "{ a: {b: 'n', c: [1, {a: 2}]},\n    b: [] }",
    "\n  - {a: 'x', b: [q]}  # c\n  - a: 'y'  # d\n    # e\n    b: z\n  - |\n    text\n",
    "\n- a: {b: 'n'}\n  c:\n    - x\n    - 'y'\n",
)


@settings(max_examples=150)
@given(st.sampled_from(_FLOW_TEXTS), _FLOW_VALUES, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_law_of_changing_one_value(written: str, value: Any, newline: str, ends: bool) -> None:  # noqa: FBT001
    """Of one key that changes, all before it and behind it stays byte for byte; a file may end without a line's end."""
    head, tail = "\ufeff---\n# 'first'\nx: 'é' # \U0001f600\n", 'y: "z"   # last\n---\n\nBody' + "\n" * ends
    text = (f"{head}k: {written}".rstrip() + f"\n{tail}").replace("\n", newline)
    result = set_keys(text, {"k": value})
    assert result.startswith(head.replace("\n", newline))
    assert result.endswith(tail.replace("\n", newline))
    assert split_front_matter(result.removeprefix("\ufeff").replace(newline, "\n"))[0].values["k"] == value
    assert set_keys(result, {"k": value}) == result
