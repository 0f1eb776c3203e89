"""Find what tells who a customer or a person is: account names, people's names, e-mail addresses, phone numbers.

Patterns alone, and a list of the firm's own: a recogniser with language models would weigh more than all the rest,
and a curator reads every draft anyway.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date

from curation.checks.deny_list import DenyList
from curation.checks.places import Line, lines_of
from curation.checks.results import FoundName, NameKind, WrittenItem
from library.documents import Document
from library.items import BusinessCase
from library.messages import Message
from library.problems import Problem, Severity

# Mailboxes, people who are credited and sources belong there; a CRM key is never shown.
_MAY_NAME = frozenset(
    {"owner", "contact", "authors", "access_groups", "sources", "attachments", "account_key", "imported", "url"}
)
# Pages on what the firm provides name mailboxes and people to turn to, as they should.
_ABOUT_CUSTOMERS = frozenset({"business_case", "industry_note"})
_NEVER_SHOWN = frozenset({"account_key", "imported"})
_EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,63}\b")
_PHONE = re.compile(
    r"(?<![\w.,+])(?:\+|00(?=[1-9]))\d{1,3}[ ./()-]{0,2}\d(?:[ ./()-]{0,2}\d){6,12}(?![\w%])"
    r"|\b(?i:tel|telefon|phone|mobile|mobil|handy|fax|tél|téléphone|fon)\b\.?[ :]{1,3}(\(?\+?\d[\d ./()-]{5,17}\d)"
)
_GROUPED = re.compile(r"\+\d{1,3}(?:[ .]\d{3})+")  # "+12 000 000" is a figure
_TITLE = (
    r"(?:Mrs?|Ms|Miss|Sir|Dame|Dr|Prof|Herrn?|Frau|Fräulein|Mme|Mlle|Messrs|Monsieur|Madame|Señora?|Sig(?:nora?)?)\b\.?"
)
_NAME = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-Za-zÀ-ÿ]+)*|[A-Z]['’][A-Z][a-zß-öø-ÿ]+"
_PARTICLE = r"(?:(?:von|van|de|der|den|du|di|della|le|la|zu)\s)?"
_TITLED = re.compile(rf"\b{_TITLE}(?:\s(?:Dr|Prof)\b\.?)*\s{_PARTICLE}({_NAME})(?:\s(?:{_NAME}))?")
# In other languages "5 M. Morocco" ends one sentence and begins another.
_TITLED_IN_FRENCH = re.compile(rf"(?:{_TITLED.pattern})|(?<!\d\s)(?<!\w)MM?\.\s{_PARTICLE}({_NAME})(?:\s(?:{_NAME}))?")
_HEADER = re.compile(rf"^(?:[>\s]*)(?:From|To|Cc|Von|An|De|À)\s*:\s*((?:{_NAME})(?:\s(?:{_NAME}))+)")
_SIGN_OFF = re.compile(
    r"^[>\s]*(?:(?:best|kind|warm)(?:est)?\s(?:regards|wishes)|regards|sincerely|cheers|many\sthanks"
    r"|(?:mit\s)?(?:freundliche[nm]?|viele[nm]?|beste[nm]?|herzliche[nm]?)\s(?:Grüße|Grüßen|Gruß|Gruss|Grüsse|Grüssen)"
    r"|cordialement|bien\s(?:à\svous|cordialement)|salutations)\s*[,.!]?\s*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(rf"^[>\s]*((?:{_NAME}|[A-Z]\.)(?:\s(?:{_NAME}|[A-Z]\.)){{0,2}})\s*,?\s*$")
_AFTER_SIGN_OFF = 3  # lines
# Titles of an office behind "Herr", "Madame" or "Mr": a role, as it should be.
_ROLE = re.compile(
    r"(?i:.*(?:leiter|leiterin|führer|führerin|vorstand|vorständin|chef|chefin|manager|managerin|direktor|direktorin"
    r"|einkäufer|einkäuferin|präsident|präsidentin|kolleg\w*|doktor|minister\w*|kunde|kundin|director|directeur|directrice"
    r"|president|président\w*|chairman|chairwoman|secretary|speaker|professor|ministre|right))"
)
LOOKS_LIKE = Message("“%(name)s” looks like %(what)s").template
_WHAT = {
    NameKind.EMAIL: (Message("an e-mail address"), Message("Take it out; `contact` is the place for a mailbox")),
    NameKind.PHONE: (Message("a phone number"), Message("Take it out; `contact` says whom to ask")),
    NameKind.PERSON: (
        Message("a person's name"),
        Message("Write the role instead: the head of purchasing, our service manager"),
    ),
    NameKind.ACCOUNT: (
        Message("the name of an account"),
        Message("Describe the customer without a name: global brewer, ten plants"),
    ),
}


def find_names(written: WrittenItem, deny_list: DenyList | None = None) -> tuple[FoundName, ...]:
    """Return the names in a text, in order of line; accounts are those of the deny list."""
    lines = list(lines_of(written.text))
    found: list[FoundName] = []
    if written.document.item.type in _ABOUT_CUSTOMERS:
        checked = [line for line in lines if line.field not in _MAY_NAME]
        titled = _TITLED_IN_FRENCH if written.document.item.language.lower().startswith("fr") else _TITLED
        found += [name for line in checked for name in _in_line(line, titled)]
        found += _signatures([line for line in checked if not line.field])
    if deny_list is not None:
        found += _accounts([line for line in lines if line.field not in _NEVER_SHOWN], deny_list)
        found += _in_file_name(written, deny_list)
    return tuple(sorted(dict.fromkeys(found), key=lambda name: (name.line, name.kind, name.text)))


def name_problems(written: WrittenItem, names: Sequence[FoundName], *, today: date) -> Iterator[Problem]:
    """Yield a problem for each name; the account's fails the check of a published item unless it may be named."""
    document = written.document
    for name in names:
        what, remedy = _WHAT[name.kind]
        severity = Severity.WARNING
        if name.kind is NameKind.ACCOUNT and _is_certain(name.text) and _is_published(document, today):
            severity = Severity.ERROR
        message = Message(LOOKS_LIKE, name=name.text, what=what)
        yield Problem(document.path, name.line, severity, message, remedy)


def _is_certain(text: str) -> bool:
    """Tell a name from a word that is spelt alike: "Shell", not "shell"."""
    return text != text.lower() or any(letter.isdigit() for letter in text)


def _is_published(document: Document, today: date) -> bool:
    item = document.item
    if isinstance(item, BusinessCase) and item.reference_permission == "external_named":
        until = item.reference_permission_until
        return item.status == "approved" and until is not None and until < today
    return item.status == "approved"


def _in_line(line: Line, titled: re.Pattern[str]) -> Iterator[FoundName]:
    for found in _EMAIL.finditer(line.text) if "@" in line.text else ():
        yield FoundName(NameKind.EMAIL, line.number, found[0])
    for found in _PHONE.finditer(line.text):
        number = (found[1] or found[0]).strip()
        if not _GROUPED.fullmatch(number):
            yield FoundName(NameKind.PHONE, line.number, number)
    for found in titled.finditer(line.text):
        if not _ROLE.fullmatch(next(filter(None, found.groups()))):
            yield FoundName(NameKind.PERSON, line.number, found[0])
    header = None if line.field else _HEADER.match(line.text)
    if header:
        yield FoundName(NameKind.PERSON, line.number, header[1])


def _signatures(lines: Sequence[Line]) -> Iterator[FoundName]:
    """Yield the names below "Best regards" and its like."""
    for n, line in enumerate(lines):
        if _SIGN_OFF.match(line.text):
            below = [one for one in lines[n + 1 : n + 1 + _AFTER_SIGN_OFF] if one.text.strip(" >")]
            signed = _SIGNATURE.match(below[0].text) if below else None
            if signed:
                yield FoundName(NameKind.PERSON, below[0].number, signed[1])


def _accounts(lines: Sequence[Line], deny_list: DenyList) -> Iterator[FoundName]:
    """Yield the names of the deny list, also those that go over the end of a line."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.text) + 1)
    text = "\n".join(line.text for line in lines)
    for start, end in deny_list.find(text):
        number = lines[bisect_right(starts, start) - 1].number
        yield FoundName(NameKind.ACCOUNT, number, " ".join(text[start:end].split()))


def _in_file_name(written: WrittenItem, deny_list: DenyList) -> Iterator[FoundName]:
    item_id = written.document.id
    stated = any(line.field == "id" for line in lines_of(written.text))
    for start, end in () if stated else deny_list.find(item_id):
        yield FoundName(NameKind.ACCOUNT, 0, item_id[start:end])
