"""The portal's texts in its languages: catalogues of gettext, read as they are written. Owns babel."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from babel.units import format_unit

from library.messages import Message

LOCALES = Path(__file__).parent / "locale"
DOMAIN = "portal"
# Each language by its own name; the texts in the templates are English.
LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français"}
_BRITISH = {"en": "en_GB"}  # the day before the month, as in the other languages
_DURATION = re.compile(r"P(?:(?P<day>\d+)D)?(?:T(?:(?P<hour>\d+)H)?(?:(?P<minute>\d+)M)?)?")
_VALUE = re.compile(r"%\(\w+\)s")
_WORD = re.compile(r"[^\W\d_]")
_RANGE = re.compile(r"([a-z]{1,8})(?:-[a-z0-9]+)*(?:\s*;\s*q=([01](?:\.\d{0,3})?))?", re.IGNORECASE)


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the texts of a language."""
    if language == "en":
        return NullTranslations()
    compiled = io.BytesIO()
    with (LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, domain=DOMAIN))
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def say_anew(text: str, language: str) -> str | None:
    """Return a message of the checks or a refusal in a language; None if its catalogue does not know it."""
    if language == "en":
        return text
    if not isinstance(text, Message):
        return None
    template = catalogue(language).gettext(text.template)
    if template == text.template and _WORD.search(_VALUE.sub("", template)):
        return None
    values = {
        name: (say_anew(value, language) or value) if isinstance(value, Message) else value
        for name, value in text.values.items()
    }
    return template % values if values else template


def choose_language(chosen: str, accepted: str, *, otherwise: str = "en") -> str:
    """Return the language to speak: the one that was chosen, or what the header Accept-Language likes best."""
    wanted = [chosen, *_by_preference(accepted), otherwise.partition("-")[0].lower()]
    return next((language for language in wanted if language in LANGUAGES), "en")


def day_text(day: date | str, language: str) -> str:
    """Return a day as it is written in a language; ISO 8601 is taken too."""
    known = date.fromisoformat(day) if isinstance(day, str) else day
    return format_date(known, format="medium", locale=_BRITISH.get(language, language))


def language_name(tag: str, language: str) -> str:
    """Return what a language such as `de-CH` is called in another, or its tag."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name(language)
    except (ValueError, UnknownLocaleError):
        return tag
    return name or tag


def duration_text(iso: str, language: str) -> str:
    """Return an ISO 8601 duration of days, hours and minutes as it is read (1 hr 30 min), another one as it is."""
    found = _DURATION.fullmatch(iso)
    parts = found.groupdict() if found else {}
    told = [format_unit(int(number), unit, "short", locale=language) for unit, number in parts.items() if number]
    return " ".join(told) or iso


def _by_preference(accepted: str) -> Sequence[str]:
    found = [_RANGE.fullmatch(part.strip()) for part in accepted[:500].split(",")]
    ranges = [(float(match[2] or 1), match[1].lower()) for match in found if match]
    return [language for quality, language in sorted(ranges, key=lambda entry: -entry[0]) if quality > 0]
