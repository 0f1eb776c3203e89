"""Code lists: what lies in what, names in any spelling, groups of a firm's own, and sound data."""

from __future__ import annotations

import csv
from collections import defaultdict
from importlib.resources import files
from itertools import pairwise

import pytest

from library.codes import Code, CodeList, fold_name, industries, regions

LISTS = {"regions": regions, "industries": industries}


@pytest.mark.parametrize(
    "chain", [["EMEA", "150", "DACH", "DE"], ["EMEA", "150", "155", "DE"], ["001", "019", "021", "US"]]
)
def test_broader_region_holds_the_narrower(chain: list[str]) -> None:
    """EMEA > Europe > DACH > Germany, and Germany lies in Western Europe as well."""
    known = regions()
    for broader, narrower in pairwise(chain):
        assert broader in known.ancestors(narrower)
        assert narrower not in known.ancestors(broader)
    assert set(chain[:-1]) <= set(known.ancestors(chain[-1]))


@pytest.mark.parametrize(
    ("group", "inside", "outside"), [("DACH", "AT", "FR"), ("EU", "FR", "CH"), ("APAC", "JP", "MX")]
)
def test_firm_regions_have_their_members(group: str, inside: str, outside: str) -> None:
    """The regions that firms speak of are shipped."""
    assert group in regions().ancestors(inside)
    assert group not in regions().ancestors(outside)


@pytest.mark.parametrize(("division", "section"), [("01", "A"), ("10", "C"), ("33", "C"), ("86", "Q"), ("99", "U")])
def test_division_lies_in_its_section(division: str, section: str) -> None:
    """ISIC section > division."""
    assert industries().ancestors(division) == (section,)
    assert industries().ancestors(section) == ()


def test_nearest_ancestor_comes_first() -> None:
    """What a code is directly part of comes before what that is part of."""
    found = regions().ancestors("DE")
    assert found.index("DACH") < found.index("150") < found.index("EMEA")


def test_unknown_code_lies_nowhere_and_is_its_own_label() -> None:
    """A word of the firm's own stands for itself."""
    assert regions().ancestors("Narnia") == ()
    assert regions().label("Narnia") == "Narnia"
    assert regions().resolve("Narnia") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("Germany", "DE"),
        ("GERMANY", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("NO", "NO"),
        ("150", "150"),
        ("011", "011"),
        ("europa", "150"),
        ("emea", "EMEA"),
        ("Dach", "DACH"),
        ("Österreich", "AT"),
        ("osterreich", "AT"),
        ("O\u0308sterreich", "AT"),
        ("Côte d'Ivoire", "CI"),
        ("cote d’ivoire", "CI"),
        ("Middle  East", "145"),
        (" Europe de l’Ouest ", "155"),
    ],
)
def test_region_is_found_by_any_of_its_names(text: str, code: str) -> None:
    """Code, label or other name, in any case, with or without accents, with either apostrophe."""
    assert regions().resolve(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("c", "C"),
        ("10", "10"),
        ("Manufacturing", "C"),
        ("Verarbeitendes Gewerbe", "C"),
        ("brewing", "11"),
        ("Brauerei", "11"),
        ("BRASSERIE", "11"),
        ("Pharma", "21"),
        ("pharmaceutique", "21"),
        ("Süßwaren", "10"),
        ("SUSSWAREN", "10"),
        ("Öl und Gas", "06"),
        ("petrole et gaz", "06"),
    ],
)
def test_industry_is_found_by_any_of_its_names(text: str, code: str) -> None:
    """A SAM writes brewing, not division 11."""
    assert industries().resolve(text) == code


@pytest.mark.parametrize(
    ("word", "words"), [("Middle", 5), ("MIDDLE", 5), ("East", 2), ("Österreich", 1), ("sponsor", 0)]
)
def test_most_words_begin_no_name(word: str, words: int) -> None:
    """Whoever looks for names in a text need not look further than the longest that begins with a word."""
    assert regions().words_of_longest(word) == words


@pytest.mark.parametrize(("language", "label"), [("en", "Germany"), ("de", "Deutschland"), ("fr", "Allemagne")])
def test_label_in_three_languages(language: str, label: str) -> None:
    """Every code has a label in the interface's languages; another language gets English."""
    assert regions().label("DE", language) == label
    assert regions().label("DE", "it") == "Germany"


# A firm's own groups


def test_own_group_takes_its_members_in() -> None:
    """A member keeps what it was part of, and the shipped list stays as it is."""
    known = regions().with_groups({"ALPS": ["CH", "Austria"]})
    assert {"ALPS", "DACH", "EMEA"} <= set(known.ancestors("CH"))
    assert "ALPS" in known.ancestors("AT")
    assert known.resolve("alps") == "ALPS"
    assert known.label("ALPS", "de") == "ALPS"
    assert regions().resolve("ALPS") is None
    assert "ALPS" not in regions().ancestors("CH")


@pytest.mark.parametrize("names", [["CORE", "ALPS"], ["ALPS", "CORE"]])
def test_own_group_may_hold_another(names: list[str]) -> None:
    """In whichever order they are written."""
    groups = {"CORE": ["ALPS", "FR"], "ALPS": ["CH", "AT"]}
    known = regions().with_groups({name: groups[name] for name in names})
    assert {"ALPS", "CORE"} <= set(known.ancestors("CH"))
    assert "CORE" in known.ancestors("FR")


def test_shipped_group_can_be_widened() -> None:
    """A firm whose DACH takes Liechtenstein or Luxembourg in says so."""
    known = regions().with_groups({"DACH": ["LU"]})
    assert "DACH" in known.ancestors("LU")
    assert "DACH" in known.ancestors("DE")
    assert known.label("DACH") == regions().label("DACH")


def test_unknown_member_is_told() -> None:
    """A misspelt country is not silently left out of a group."""
    with pytest.raises(ValueError, match="ALPS: 'Swizerland' is in no list"):
        regions().with_groups({"ALPS": ["CH", "Swizerland"]})


@pytest.mark.parametrize(
    "groups",
    [{"A1": ["A1"]}, {"A1": ["B1"], "B1": ["A1"]}, {"DE": ["EMEA"]}, {"A": ["B"], "B": ["D"], "D": ["A"]}],
)
def test_group_that_holds_itself_is_told(groups: dict[str, list[str]]) -> None:
    """Nothing is part of itself, however far round."""
    with pytest.raises(ValueError, match="part of itself"):
        regions().with_groups(groups)


def test_ancestors_are_found_once() -> None:
    """A code that lies in the same whole along two ways is counted there once."""
    diamond = CodeList(
        {
            code: Code(code, {"en": code}, (), parents)
            for code, parents in {"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}.items()
        }
    )
    assert diamond.ancestors("a") == ("b", "c", "d")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Straße", "strasse"),
        ("ÉCOLE", "ecole"),
        ("L’Été", "l'ete"),
        ("  a \n b ", "a b"),
        ("ﬁn", "fin"),
        ("İ", "i"),
        ("", ""),
    ],
)
def test_folded_name(text: str, folded: str) -> None:
    """Names are compared without case, accents and superfluous spaces."""
    assert fold_name(text) == folded


# The data


@pytest.mark.parametrize("name", LISTS)
def test_every_parent_exists_and_nothing_lies_in_itself(name: str) -> None:
    """The lists are acyclic and closed, or a filter would lose or repeat items."""
    known = LISTS[name]()
    for code, entry in known.entries.items():
        assert set(entry.parents) <= set(known.entries), code
        assert len(set(entry.parents)) == len(entry.parents), code
        assert code not in known.ancestors(code)


@pytest.mark.parametrize("name", LISTS)
def test_every_code_stands_once_with_labels_in_three_languages(name: str) -> None:
    """No row of the file is shadowed by another, and no cell that people see is empty."""
    text = files("library").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    codes = [row["code"] for row in csv.DictReader(text.splitlines())]
    known = LISTS[name]()
    assert codes == list(known.entries)
    for entry in known.entries.values():
        assert all(entry.labels[language].strip() == entry.labels[language] != "" for language in ("en", "de", "fr"))


@pytest.mark.parametrize("name", LISTS)
def test_name_stands_for_one_code_or_for_the_broader_of_two(name: str) -> None:
    """A section and its only division may share a name, which then stands for both; nothing else is ambiguous."""
    known = LISTS[name]()
    codes = defaultdict(set)
    for entry in known.entries.values():
        for text in (entry.code, *entry.labels.values(), *entry.alt_labels):
            codes[fold_name(text)].add(entry.code)
    for text, sharing in codes.items():
        broadest = known.resolve(text)
        assert broadest in sharing
        assert all(code == broadest or broadest in known.ancestors(code) for code in sharing), text


def test_isic_is_whole() -> None:
    """All 21 sections and 88 divisions of ISIC Rev. 4."""
    codes = list(industries().entries)
    assert [code for code in codes if code.isalpha()] == list("ABCDEFGHIJKLMNOPQRSTU")
    assert len([code for code in codes if code.isdigit() and len(code) == 2]) == 88
    assert len(codes) == 109


def test_every_country_lies_in_the_world() -> None:
    """All 249 codes of ISO 3166-1 are placed."""
    countries = [code for code in regions().entries if len(code) == 2 and code.isalpha() and code != "EU"]
    assert len(countries) == 249
    assert [code for code in countries if "001" not in regions().ancestors(code)] == []
