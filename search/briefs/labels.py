"""What stands around a case's own words in a brief, in the languages of labels: one small table."""

from __future__ import annotations

from collections.abc import Mapping

from search.rendering.labels import TEXT_LABELS

BRIEF_LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "rule": "Rule for use",
        "problem": "The problem",
        "approach": "How they went about it",
        "solution": "What was done",
        "value": "Value",
        "metric": "Measure",
        "before": "Before",
        "after": "After",
        "when": "Period",
        "grade": "Evidence",
        "further": "{count} more in the case",
        "went_wrong": "What went wrong",
        "conditions": "Works if",
        "lessons": "What it would have taken",
        "contraindications": "Not for",
        "needs": "What it takes",
        "competencies": "Competencies",
        "enablers": "Enablers",
        "effect_critical": "critical",
        "effect_supporting": "supporting",
        "effect_missing": "was missing: a lesson",
        "ask": "Whom to ask",
        "trust": "How far to rely on it",
        "sources": "Sources",
        "made": "Brief of {day}",
        "status_approved": "approved",
        "shortened": "Shortened; the whole case: {id}",
        "internal_only": "Internal use only.",
        "no_reference": "Internal use only: the customer gave no permission to refer to it.",
        "unknown_reference": "Internal use only: no permission to refer to the customer is recorded.",
        "expired": "Internal use only: the permission to show it to customers ended on {day}.",
        "external_anonymised": "May be shown to customers without the customer's name{until}.",
        "external_named": "May be shown to customers with the customer's name{until}.",
        "until": " until {day}",
        "names_left": "Take out names first: the text is not marked as anonymised.",
        "confidential": "Do not pass on: {classification}, for colleagues with access to this case alone.",
        "unfinished": "Do not pass on: {status}, not approved.",
        "invented": "Invented example: neither the customer nor the figures exist.",
        "class_confidential": "confidential",
        "class_restricted": "restricted",
    },
    "de": {
        "rule": "Weitergabe",
        "problem": "Das Problem",
        "approach": "Vorgehen",
        "solution": "Was getan wurde",
        "value": "Nutzen",
        "metric": "Kennzahl",
        "before": "Vorher",
        "after": "Nachher",
        "when": "Zeitraum",
        "grade": "Beleg",
        "further": "{count} weitere im Fall",
        "went_wrong": "Was schiefging",
        "conditions": "Gelingt, wenn",
        "lessons": "Was es gebraucht hätte",
        "contraindications": "Nicht für",
        "needs": "Was es braucht",
        "competencies": "Kompetenzen",
        "enablers": "Voraussetzungen",
        "effect_critical": "entscheidend",
        "effect_supporting": "hilfreich",
        "effect_missing": "fehlte: eine Lehre",
        "ask": "Wen fragen",
        "trust": "Wie verlässlich",
        "sources": "Quellen",
        "made": "Kurzfassung vom {day}",
        "status_approved": "freigegeben",
        "shortened": "Gekürzt; der ganze Fall: {id}",
        "internal_only": "Nur zur internen Verwendung.",
        "no_reference": "Nur zur internen Verwendung: Der Kunde hat keine Erlaubnis gegeben, ihn zu nennen.",
        "unknown_reference": "Nur zur internen Verwendung: Eine Erlaubnis des Kunden ist nicht vermerkt.",
        "expired": "Nur zur internen Verwendung: Die Erlaubnis, ihn Kunden zu zeigen, endete am {day}.",
        "external_anonymised": "Darf Kunden{until} ohne den Namen des Kunden gezeigt werden.",
        "external_named": "Darf Kunden{until} mit dem Namen des Kunden gezeigt werden.",
        "until": " bis {day}",
        "names_left": "Namen vorher streichen: Der Text ist nicht als anonymisiert vermerkt.",
        "confidential": "Nicht weitergeben: {classification}, nur für Kollegen mit Zugang zu diesem Fall.",
        "unfinished": "Nicht weitergeben: {status}, nicht freigegeben.",
        "invented": "Erfundenes Beispiel: Weder den Kunden noch die Zahlen gibt es.",
        "class_confidential": "vertraulich",
        "class_restricted": "streng vertraulich",
    },
    "fr": {
        "rule": "Diffusion",
        "problem": "Le problème",
        "approach": "La démarche",
        "solution": "Ce qui a été fait",
        "value": "Valeur",
        "metric": "Mesure",
        "before": "Avant",
        "after": "Après",
        "when": "Période",
        "grade": "Preuve",
        "further": "{count} de plus dans le cas",
        "went_wrong": "Ce qui n’a pas marché",
        "conditions": "Fonctionne si",
        "lessons": "Ce qu’il aurait fallu",
        "contraindications": "À éviter pour",
        "needs": "Ce qu’il faut",
        "competencies": "Compétences",
        "enablers": "Leviers",
        "effect_critical": "décisif",
        "effect_supporting": "utile",
        "effect_missing": "a manqué\u00a0: une leçon",
        "ask": "À qui s’adresser",
        "trust": "Fiabilité",
        "sources": "Sources",
        "made": "Fiche du {day}",
        "status_approved": "approuvé",
        "shortened": "Abrégé\u202f; le cas entier\u00a0: {id}",
        "internal_only": "Usage interne uniquement.",
        "no_reference": "Usage interne uniquement\u00a0: le client n’a pas permis qu’on se réfère à lui.",
        "unknown_reference": "Usage interne uniquement\u00a0: aucune permission du client n’est consignée.",
        "expired": "Usage interne uniquement\u00a0: la permission de le montrer à des clients a pris fin le {day}.",
        "external_anonymised": "Peut être montré à des clients sans le nom du client{until}.",
        "external_named": "Peut être montré à des clients avec le nom du client{until}.",
        "until": " jusqu’au {day}",
        "names_left": "Retirer d’abord les noms\u00a0: le texte n’est pas marqué comme anonymisé.",
        "confidential": "Ne pas transmettre\u00a0: {classification}, réservé aux collègues ayant accès à ce cas.",
        "unfinished": "Ne pas transmettre\u00a0: {status}, non approuvé.",
        "invented": "Exemple fictif\u00a0: ni le client ni les chiffres n’existent.",
        "class_confidential": "confidentiel",
        "class_restricted": "diffusion restreinte",
    },
}


class Labels:
    """The labels of one language; English where there are none."""

    def __init__(self, language: str) -> None:
        base = language.partition("-")[0].lower()
        self.language = base if base in BRIEF_LABELS else "en"
        self._labels = {**TEXT_LABELS[self.language], **BRIEF_LABELS[self.language]}

    def __call__(self, key: str, **values: object) -> str:
        """Return a label with its values."""
        return self._labels[key].format(**values)

    def lead(self, text: str) -> str:
        """Return what a colon comes behind: in French with the space between them, at which no line breaks."""
        return f"{text}\u00a0" if self.language == "fr" and text else text
