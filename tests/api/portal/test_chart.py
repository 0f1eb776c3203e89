"""The map's marks: every kind of challenge has a form and a colour of its own, and every mark its place."""

from __future__ import annotations

from api.portal.chart import COLOURS, HEIGHT, WIDTH, draw_map, mark_of
from search.browsing.map import CaseMap, CasePlace


def _place(case_id: str, main_type: str, x: float = 0.5, y: float = 0.5) -> CasePlace:
    return CasePlace(case_id, f"Title of {case_id}", "en", "a customer", main_type, x, y)


LABELS = {"b-type": "Alpha", "a-type": "Beta", "": ""}


def test_kinds_differ_in_form_alone() -> None:
    """Twenty-two kinds are told apart without any colour, and many more with it."""
    marks = [mark_of(number) for number in range(154)]
    assert len({(mark.path, mark.is_hollow) for mark in marks[:22]}) == 22
    assert len(set(marks)) == len(marks)
    assert {mark.colour for mark in marks} == set(range(COLOURS))


def test_the_legend_lists_every_case_below_its_kind() -> None:
    """By the kinds' names, cases without a kind last: the list says what the drawing says."""
    places = (_place("c", "a-type"), _place("b", "b-type", 0.1), _place("a", "b-type", 0.9), _place("d", "", 0.2))
    chart = draw_map(CaseMap(places, 4), LABELS)
    told = [(entry.label, [mark.id for mark in entry.cases]) for entry in chart.legend]
    assert told == [("Alpha", ["a", "b"]), ("Beta", ["c"]), ("", ["d"])]
    assert {mark.id: mark.mark for entry in chart.legend for mark in entry.cases} == {m.id: m.mark for m in chart.marks}
    assert len({entry.mark for entry in chart.legend}) == 3


def test_every_mark_lies_within_the_drawing() -> None:
    """Also where many cases share a corner."""
    places = tuple(_place(str(n), "a-type", 0.0, 1.0) for n in range(40))
    chart = draw_map(CaseMap(places, 40, challenge=(1.0, 0.0)), LABELS)
    assert chart.challenge is not None
    for x, y in [*((mark.x, mark.y) for mark in chart.marks), chart.challenge]:
        assert 0 < x < WIDTH
        assert 0 < y < HEIGHT
    assert len({(mark.x, mark.y) for mark in chart.marks}) > 35


def test_up_is_more() -> None:
    """The second direction points upwards, as on paper."""
    low, high = draw_map(CaseMap((_place("a", "", y=0.0), _place("b", "", y=1.0)), 2), LABELS).marks
    assert low.y > high.y


def test_without_a_challenge_none_is_drawn() -> None:
    """Nor is anything without cases."""
    chart = draw_map(CaseMap((), 0), LABELS)
    assert (chart.challenge, chart.marks, chart.legend) == (None, (), ())
