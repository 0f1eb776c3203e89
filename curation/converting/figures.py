"""Find figures in what a case says of its value: in sentences, and in tables of before and after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from curation.composing import shorten

_MOST_FIGURES = 5
_METRIC_LENGTH = 120
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP"}
_NUMBER = r"\d[\d.,’']*\d|\d"
_AMOUNT = (
    rf"(?P<{{0}}before>€|\$|£|EUR|USD|GBP|CHF)?\s?(?P<{{0}}number>{_NUMBER})"
    r"(?:\s?(?P<{0}scale>k|m|bn|million|thousand|Mio\.?|Tausend|Mrd\.?|millions?|milliers|M))?\b"
    r"\s?(?P<{0}unit>%|percent|Prozent|pour cent|€|\$|£|EUR|USD|GBP|CHF|hours?|days?|weeks?|months?|"
    r"Stunden|Tagen?|Wochen|Monaten?|heures|jours|semaines|mois|tonnes?|t CO2e?|kWh|MWh|FTEs?)?(?!\w)"
)
_FIGURE = re.compile(_AMOUNT.replace("{0}", ""))
_CHANGE = re.compile(
    rf"\b(?:from|von|de)\s+{_AMOUNT.replace('{0}', 'a')}\s+(?:to|auf|à)\s+{_AMOUNT.replace('{0}', 'b')}", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÉ])|\n+")
_ROW = re.compile(r"^\s*\|.*\|\s*$")
_RULE = re.compile(r"^[\s|:-]+$")
_BEFORE = frozenset({"before", "baseline", "from", "old", "start", "vorher", "ausgangswert", "alt", "avant", "base"})
_AFTER = frozenset({"after", "result", "to", "new", "now", "today"}) | frozenset(
    {"nachher", "ergebnis", "neu", "heute", "après", "résultat"}
)
_IN_BRACKETS = re.compile(r"\s*[(\[]\s*(?P<unit>[^()\[\]]{1,30})\s*[)\]]\s*$")


def find_figures(text: str) -> tuple[Mapping[str, str], ...]:
    """Return entries of `value` that a curator completes: the words around a figure, the figure and its unit."""
    lines = text.split("\n")
    tables = list(_tables(lines))
    told = {line for table in tables for line in table if _columns(table)}
    rest = "\n".join(line for line in lines if line not in told)
    return tuple(islice((*(figure for table in tables for figure in _in_table(table)), *_in_text(rest)), _MOST_FIGURES))


def _tables(lines: Sequence[str]) -> Iterator[list[str]]:
    table: list[str] = []
    for line in (*lines, ""):
        if _ROW.match(line):
            table.append(line)
        elif table:
            yield table
            table = []


def _columns(table: Sequence[str]) -> tuple[int, int] | None:
    """Return which columns of a table hold what was before and what is now; None if it does not tell both."""
    heads = [cell.casefold() for cell in _cells(table[0])]
    before = next((n for n, head in enumerate(heads) if n and _BEFORE & set(re.findall(r"\w+", head))), 0)
    after = next((n for n, head in enumerate(heads) if n and _AFTER & set(re.findall(r"\w+", head))), 0)
    return (before, after) if before and after and before != after else None


def _in_table(table: Sequence[str]) -> Iterator[Mapping[str, str]]:
    columns = _columns(table)
    for line in table[1:] if columns else ():
        cells = _cells(line)
        if _RULE.match(line) or columns is None or len(cells) <= max(columns) or not cells[0]:
            continue
        before, after = (_FIGURE.search(cells[n]) for n in columns)
        if before and after:
            named = _IN_BRACKETS.search(cells[0])
            unit = _unit(after, "") or _unit(before, "") or (_unit_of(named["unit"]) if named else {})
            metric = shorten(cells[0][: named.start()] if named else cells[0], limit=_METRIC_LENGTH)
            yield {"metric": metric, "baseline": before["number"], "result": after["number"], **unit}


def _unit_of(words: str) -> dict[str, str]:
    """Return what stands in brackets behind a metric as its unit, or as its currency."""
    currency = _CURRENCIES.get(words, words)
    return {"currency": currency} if currency in (*_CURRENCIES.values(), "CHF") else {"unit": words}


def _cells(line: str) -> list[str]:
    return [" ".join(re.sub(r"\*\*|__|`", "", cell).split()) for cell in line.strip().strip("|").split("|")]


def _in_text(text: str) -> Iterator[Mapping[str, str]]:
    for sentence in _SENTENCE.split(text):
        metric = shorten(sentence.strip(" -*•|"), limit=_METRIC_LENGTH)
        figure = _figure(sentence)
        if figure and metric:
            yield {"metric": metric, **figure}


def _figure(sentence: str) -> dict[str, str]:
    """Return the first change or amount with a unit in a sentence."""
    change = _CHANGE.search(sentence)
    if change and (unit := _unit(change, "b") or _unit(change, "a")):
        return {"baseline": change["anumber"], "result": change["bnumber"], **unit}
    for amount in _FIGURE.finditer(sentence):
        if unit := _unit(amount, ""):
            return {"result": amount["number"], **unit}
    return {}


def _unit(found: re.Match[str], which: str) -> dict[str, str]:
    """Return unit and currency of an amount; empty for a bare number."""
    unit, before, scale = (found[f"{which}{part}"] or "" for part in ("unit", "before", "scale"))
    currency = next(
        (_CURRENCIES.get(sign, sign) for sign in (before, unit) if sign in _CURRENCIES or sign.isupper()), ""
    )
    currency = currency if len(currency) == len("EUR") else ""
    shown = " ".join(part for part in (scale, "" if currency and unit != "%" else unit) if part)
    if not currency and not unit:
        return {}
    return {name: value for name, value in (("unit", shown), ("currency", currency)) if value}
