"""search.understanding.scale: how large a customer is, as a text says it."""

from __future__ import annotations

import pytest

from search.understanding.scale import Scale, compare_scales, read_scales


@pytest.mark.parametrize(
    ("text", "scales"),
    [
        ("big auto OEM, 6 plants EU + 2 MX", [("plant", 6)]),
        ("Unser Konzernkunde (Maschinenbau, 11 Werke in DACH)", [("plant", 11)]),
        ("European brewer, fourteen breweries, about 60 direct packaging suppliers", [("plant", 14)]),
        ("private hospital operator, 62 hospitals in five countries", [("hospital", 62), ("country", 5)]),
        ("Drogeriekette mit rund 900 Filialen", [("outlet", 900)]),
        ("mobile operator, about 5,900 tower sites", [("site", 5900)]),
        ("groupe avec 1 340 agences et deux usines", [("outlet", 1340), ("plant", 2)]),
        ("operator in three German plants", [("plant", 3)]),
        ("competitor already in 1 plant of the 6 plants", [("plant", 6)]),
        ("our customer has 7 sites", [("site", 7)]),
    ],
)
def test_number_of_places_is_read(text: str, scales: list[tuple[str, int]]) -> None:
    """Figures and number words in three languages count, the largest of each kind of place."""
    assert [(scale.kind, scale.number) for scale in read_scales(text)] == scales


@pytest.mark.parametrize(
    "text",
    [
        "in 2024 plants were closed",
        "40 percent of plants",
        "we are strong in two countries",
        "our three plants",
        "wir haben 4 Werke",
        "they had 3 line stops",
        "consolidating from 40 to 8 vendors",
        "12 hours of plants",
        "a plant",
        "3.5 sites",
    ],
)
def test_other_numbers_are_no_sizes(text: str) -> None:
    """Years, shares, durations and our own size say nothing of how large the customer is."""
    assert read_scales(text) == ()


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("plant", 6), ("plant", 14), True),
        (("plant", 6), ("plant", 2), True),
        (("plant", 6), ("plant", 24), None),
        (("plant", 6), ("plant", 30), False),
        (("plant", 6), ("outlet", 6), None),
        (("site", 6), ("outlet", 6), True),
        (("site", 6), ("country", 6), None),
    ],
)
def test_sizes_are_compared_by_factor(one: tuple[str, int], other: tuple[str, int], alike: bool | None) -> None:  # noqa: FBT001
    """Within a factor of three as large, from five on not; what cannot be compared or lies between says nothing."""
    scales = [Scale(kind, number, "", None) for kind, number in (one, other)]
    assert compare_scales(*scales) is alike
    assert compare_scales(*reversed(scales)) is alike


def test_words_stand_at_their_place() -> None:
    """A size keeps the words that it rests on."""
    text = "Ein Kunde mit 61.000 Filialen"
    (scale,) = read_scales(text)
    assert scale.span is not None
    assert text[slice(*scale.span)] == scale.words == "61.000 Filialen"
