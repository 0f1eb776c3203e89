"""Warn where a customer without a name can be guessed, because few firms fit what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.checks.places import line_of_field
from curation.checks.results import WrittenItem
from library.codes import CodeList
from library.items import BusinessCase
from library.messages import Message
from library.problems import Problem, Severity

_CLOSED = ("confidential", "restricted")
_SUPERLATIVE = re.compile(
    r"""\b(?:
        (?:the\s)?(?:second[- ]|third[- ])?(?:largest|biggest|oldest) | the\s(?:only|sole) | number\sone | no\.\s?1
      | (?:market|world)\sleader | leading
      | (?:zweit|dritt)?(?:größte|älteste|grösste)[rnsm]? | (?:der|die|das|dem|den)\seinzige[rnsm]? | führende[rnsm]?
      | (?:Markt|Welt)führer\w* | Nummer\seins
      | (?:le|la|les)\splus\s(?:grande?s?|ancienne?s?) | (?:le|la)\sseule? | leader | numéro\sun | n°\s?1
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
# In running text a superlative tells of a firm only where a place follows ("the largest brewer in Denmark").
_IN_A_PLACE = re.compile(r"(?:\s\S+){1,4}?\s(?:in|of|im|in\sder|en|au|aux|du|de\sla)\s(?=[A-ZÄÖÜÉ])")
_OWN = re.compile(r"\b(?:our|their|its|unser\w*|ihr\w*|notre|leur|son)\s(?:\S+\s)?$", re.IGNORECASE)
_COUNT = re.compile(r"(?<![\d.,])\d{1,3}(?:[ .,\u00a0\u202f’']\d{3})+(?!\d)|(?<![\d.,])\d{3,}(?![\d.,]*\d)")
_ROUNDED = re.compile(
    r"\b(?:about|around|some|roughly|nearly|almost|over|under|(?:more|less|fewer)\sthan|up\sto|ca\.?|circa|approx\w*\.?|rund|etwa"
    r"|knapp|gut|über|mehr\sals|fast|environ|près\sde|plus\sde|moins\sde|quelque)\s*$",
    re.IGNORECASE,
)
_COUNTRY = re.compile(r"[A-Z]{2}")


def find_small_groups(written: WrittenItem, regions: CodeList) -> Iterator[Problem]:
    """Yield a warning for each description that fits few firms, in a case whose customer shall not be recognised."""
    item = written.document.item
    if not isinstance(item, BusinessCase) or item.illustrative:
        return
    if not (item.anonymised or item.classification in _CLOSED):
        return
    for name in ("customer", "title", "summary"):
        phrase = _superlative(getattr(item, name), needs_place=name != "customer")
        if phrase:
            message = Message("“%(phrase)s”: few firms fit, so a reader may guess which it is", phrase=phrase)
            yield _warning(written, name, message, Message("Say the size as a range, without a rank"))
    figure = _exact_figure(item.customer)
    country = _only_country(item, regions)
    if figure and country and len(_divisions(item)) == 1:
        message = Message(
            "“%(figure)s” with one industry and one country (%(country)s): few firms fit, "
            "so a reader may guess which it is",
            figure=figure,
            country=country,
        )
        remedy = Message(
            "Round it (“more than %(rounded)s”), or write a wider region than %(country)s",
            rounded=_rounded(figure),
            country=country,
        )
        yield _warning(written, "customer", message, remedy)


def _superlative(text: str, *, needs_place: bool) -> str:
    for found in _SUPERLATIVE.finditer(text):
        place = _IN_A_PLACE.match(text, found.end())
        if not _OWN.search(text[: found.start()]) and (place or not needs_place):
            end = place.end() + len(text[place.end() :].split(maxsplit=1)[0]) if place else found.end()
            return text[found.start() : end].strip(" .,;:")
    return ""


def _exact_figure(text: str) -> str:
    """Return a count of three or more digits that is given exactly: 212 stores, not "about 212", not 200."""
    for found in _COUNT.finditer(text):
        digits = re.sub(r"\D", "", found[0])
        if not digits.endswith("00") and not _ROUNDED.search(text[: found.start()]):
            return found[0]
    return ""


def _rounded(figure: str) -> str:
    digits = re.sub(r"\D", "", figure)
    step = 10 ** (len(digits) - 1)
    return f"{int(digits) // step * step:,}"


def _only_country(item: BusinessCase, regions: CodeList) -> str:
    """Return the one country that a case names; wider regions that hold it say no more."""
    codes = [regions.resolve(region) or region for region in item.regions]
    countries = [code for code in codes if _COUNTRY.fullmatch(code)]
    wider = [code for code in codes if not any(code in regions.ancestors(country) for country in countries)]
    return countries[0] if len(set(countries)) == 1 and set(wider) <= set(countries) else ""


def _divisions(item: BusinessCase) -> set[str]:
    """Return the industries narrower than a section."""
    return {industry.code for industry in item.industries if len(industry.code) > 1}


def _warning(written: WrittenItem, name: str, message: str, remedy: str) -> Problem:
    line = line_of_field(written.text, name)
    return Problem(written.document.path, line, Severity.WARNING, message, remedy)
