"""What the file of a random item says: every field that some surface shows, full of the item's own word."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.leaks.random_library import Item

_SINGLE = frozenset({"replicates", "translation_of"})
_PERMISSIONS = ("none", "internal_only", "external_anonymised", "external_named")
_EFFECTS = ("", "critical", "supporting", "missing")
_MATURITY = ("innovation", "promising_practice", "good_practice")
_NOTES = ("trend", "practice", "customer_insight")


def front_matter(item: Item) -> list[str]:
    """Return the lines of an item's front matter."""
    text = " ".join(item.words)
    lines = [f"title: {item.secret} {text[:40]}", f"summary: {item.secret} {text}", f"status: {item.status}"]
    lines += [f"language: {item.language}", f"created: {item.created}", f"last_verified: {item.verified}"]
    lines += [f"{name}: {value}" for name in _GUARDS if (value := getattr(item, name))]
    lines += [f"{name}: {_list(getattr(item, name))}" for name in ("access_groups", "authors")]
    lines += [_reference(item, name, ids) for name, ids in item.links.items() if ids or name not in _SINGLE]
    lines += [f"keywords: [{item.secret}, {item.words[3]}]", f"attachments: [{item.secret}.pdf]"]
    lines += _OF_TYPE[item.type](item, text)
    return lines


def _list(values: tuple[str, ...]) -> str:
    return f"[{', '.join(values)}]"


def _reference(item: Item, name: str, ids: tuple[str, ...]) -> str:
    if name in _SINGLE:
        return f"{name}: {ids[0]}"
    effect = _EFFECTS[item.variant % 4]
    if name == "enablers" and effect:
        return f"{name}: [{', '.join(f'{{id: {id_}, effect: {effect}}}' for id_ in ids)}]"
    return f"{name}: {_list(ids)}"


def _case(item: Item, text: str) -> list[str]:
    word, figure = item.words[4], item.variant + 1
    return [
        f"industries: [{item.industry}]",
        f"regions: [{item.region}]",
        f"customer: {item.secret} buyer, {figure} plants",
        f"outcome: {item.outcome}",
        f"contact: {item.secret}@example.org",
        f"account_key: {item.account}",
        f"offerings: [{item.secret} {word}, {word} service]",
        f"market_archetype: {word if item.variant % 2 else item.secret}",
        f"reference_permission: {_PERMISSIONS[item.variant % 4]}",
        *(["reference_permission_until: 2027-01-01"] if item.variant % 3 else []),
        f"value: [{{metric: {item.secret} {word}, baseline: '{figure}', result: '9', evidence: estimated}}]",
        f"pitfalls: [{item.secret} {text[:60]}]",
        f"replication_conditions: [{word} {item.secret}]",
        f"contraindications: [no {word} {item.secret}]",
        f"stakeholder_roles: [{item.secret} {word}]",
        f"process_stages: [{word}]",
        f"relationship_stage: {item.secret}",
        f"practice_maturity: {_MATURITY[item.variant % 3]}",
        "period: 2024-01/2025-06",
        *(["illustrative: true"] if item.variant % 5 == 0 else []),
        *(["review_interval: P1M"] if item.variant % 5 == 1 else []),
    ]


def _note(item: Item, text: str) -> list[str]:
    return [
        f"industries: [{item.industry}]",
        f"regions: [{item.region}]",
        f"sources: [{item.secret} source]",
        f"note_kind: {_NOTES[item.variant % 3]}",
        f"market_archetype: {item.words[4] if item.variant % 2 else item.secret}",
        f"key_points: [{item.secret} {text[:60]}]",
        f"opportunity_questions: [{item.words[2]} {item.secret}]",
        f"valid_until: {'2025-12-31' if item.variant % 4 == 0 else '2099-12-31'}",
    ]


def _concept(item: Item, text: str) -> list[str]:
    lines = ["labels:", f"  en: {item.secret} {item.words[0]}", f"  de: {item.secret}"]
    lines += ["alt_labels:", f"  en: [{item.words[1]} {item.words[2]}, {item.secret}]"]
    lines += ["hidden_labels:", f"  en: [{item.words[5]} {item.words[6]}]"]
    return [*lines, "definition:", f"  en: {item.secret} {text}"]


def _competency(item: Item, text: str) -> list[str]:
    levels = f"proficiency_levels: [{{level: {item.secret}, description: {item.words[1]}}}]"
    return [*_concept(item, text), f"behavioural_indicators: [{item.secret} {item.words[0]}]", levels]


def _enabler(item: Item, text: str) -> list[str]:
    engaged = f"how_to_engage: ask {item.secret}"
    return [*_concept(item, text), engaged, f"area: {item.secret}", f"typical_blockers: [{item.secret}]"]


def _learning(item: Item, _text: str) -> list[str]:
    lines = ["learning_resource_type: workshop", f"url: https://example.org/{item.secret}"]
    return [*lines, f"provider: {item.secret}", "time_required: PT6H"]


_GUARDS = ("classification", "existence", "owner")
_OF_TYPE = {
    "business_case": _case,
    "industry_note": _note,
    "challenge_type": _concept,
    "competency": _competency,
    "enabler": _enabler,
    "learning_resource": _learning,
}
