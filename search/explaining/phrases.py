"""The sentences of an explanation in the languages of labels: one small table."""

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "types": "same kind of challenge: {values}",
        "types_narrower": "a narrower kind of your challenge: {values}",
        "types_missed": "not about {values}",
        "words": "shared words: {values}",
        "quoted": "“{word}”",
        "reads_close": "its {section} reads much like yours",
        "reads_near": "its {section} reads somewhat like yours",
        "reads_far": "only distantly alike, in its {section} most of all",
        "and": "; ",
        "whole_text": "alike as a whole, with no part that stands out",
        "main": "main difference: {difference}",
        "industry_same": "same industry: {values}",
        "industry_near": "related industry: {values}",
        "industry_other": "another industry ({case} instead of {text})",
        "region_same": "same region: {values}",
        "region_near": "near in region: {values}",
        "region_other": "another region ({case} instead of {text})",
        "scale_same": "about as large: {case}",
        "scale_other": "another size ({case} instead of {text})",
        "success": "a success, as you asked",
        "partial": "it succeeded only in part",
        "unsuccessful": "it did not succeed",
        "ongoing": "it is still going on",
        "figures_sound": "figures verified by the customer or by finance",
        "figures_estimated": "its figures are estimates",
        "figures_none": "it states no figures",
        "not_had": "it rested on {values}, which you do not have",
        "lacked": "it lacked {values}",
    },
    "de": {
        "types": "gleiche Art von Herausforderung: {values}",
        "types_narrower": "engere Art Ihrer Herausforderung: {values}",
        "types_missed": "es geht nicht um {values}",
        "words": "gemeinsame Wörter: {values}",
        "quoted": "„{word}“",
        "reads_close": "der Abschnitt „{section}“ liest sich sehr ähnlich",
        "reads_near": "der Abschnitt „{section}“ liest sich einigermaßen ähnlich",
        "reads_far": "nur entfernt ähnlich, am ehesten im Abschnitt „{section}“",
        "and": "; ",
        "whole_text": "im Ganzen ähnlich, ohne dass ein Teil hervorsticht",
        "main": "Hauptunterschied: {difference}",
        "industry_same": "gleiche Branche: {values}",
        "industry_near": "verwandte Branche: {values}",
        "industry_other": "andere Branche ({case} statt {text})",
        "region_same": "gleiche Region: {values}",
        "region_near": "nahe Region: {values}",
        "region_other": "andere Region ({case} statt {text})",
        "scale_same": "ähnlich groß: {case}",
        "scale_other": "andere Größe ({case} statt {text})",
        "success": "gelungen, wie gefragt",
        "partial": "nur zum Teil gelungen",
        "unsuccessful": "nicht gelungen",
        "ongoing": "noch im Gange",
        "figures_sound": "Zahlen vom Kunden oder von der Finanzabteilung bestätigt",
        "figures_estimated": "Zahlen sind geschätzt",
        "figures_none": "nennt keine Zahlen",
        "not_had": "beruhte auf {values}, was Ihnen fehlt",
        "lacked": "ohne {values}",
    },
    "fr": {
        "types": "même type de défi\u00a0: {values}",
        "types_narrower": "un type plus précis de votre défi\u00a0: {values}",
        "types_missed": "ne porte pas sur {values}",
        "words": "mots communs\u00a0: {values}",
        "quoted": "«\u00a0{word}\u00a0»",
        "reads_close": "sa partie «\u00a0{section}\u00a0» ressemble beaucoup à votre texte",
        "reads_near": "sa partie «\u00a0{section}\u00a0» ressemble quelque peu à votre texte",
        "reads_far": "ressemblance lointaine, surtout dans sa partie «\u00a0{section}\u00a0»",
        "and": "\u202f; ",
        "whole_text": "ressemblance d’ensemble, sans partie qui ressorte",
        "main": "principale différence\u00a0: {difference}",
        "industry_same": "même secteur\u00a0: {values}",
        "industry_near": "secteur apparenté\u00a0: {values}",
        "industry_other": "autre secteur ({case} au lieu de {text})",
        "region_same": "même région\u00a0: {values}",
        "region_near": "région proche\u00a0: {values}",
        "region_other": "autre région ({case} au lieu de {text})",
        "scale_same": "taille comparable\u00a0: {case}",
        "scale_other": "autre taille ({case} au lieu de {text})",
        "success": "une réussite, comme demandé",
        "partial": "réussite partielle seulement",
        "unsuccessful": "sans succès",
        "ongoing": "encore en cours",
        "figures_sound": "chiffres vérifiés par le client ou la finance",
        "figures_estimated": "ses chiffres sont des estimations",
        "figures_none": "n’indique aucun chiffre",
        "not_had": "reposait sur {values}, qui vous manque",
        "lacked": "sans {values}",
    },
}

# What is said otherwise where a case is compared with another one: there is no text of a user's then.
PHRASES_OF_CASE: Mapping[str, Mapping[str, str]] = {
    "en": {
        "types_narrower": "a narrower kind of this case's challenge: {values}",
        "reads_close": "its {section} reads much like this case",
        "reads_near": "its {section} reads somewhat like this case",
    },
    "de": {
        "types_narrower": "engere Art der Herausforderung dieses Falls: {values}",
        "reads_close": "der Abschnitt „{section}“ liest sich sehr ähnlich wie dieser Fall",
        "reads_near": "der Abschnitt „{section}“ liest sich einigermaßen ähnlich wie dieser Fall",
    },
    "fr": {
        "types_narrower": "un type plus précis du défi de ce cas\u00a0: {values}",
        "reads_close": "sa partie «\u00a0{section}\u00a0» ressemble beaucoup à ce cas",
        "reads_near": "sa partie «\u00a0{section}\u00a0» ressemble quelque peu à ce cas",
    },
}

# The verdict and, behind it, what the cases below are if none is close, and why more could be said of the same
# challenge in other words.
VERDICTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "strong": "There is a close case.",
        "possible": "There may be a comparable case; read why before you rely on it.",
        "none": "No close case was found.",
        "nearest": "These are the nearest; take them as analogues and ask their contacts.",
        "strange": "The text is in a language that the search does not know; translate it for a better answer.",
        "half_read": "Much of the text could not be read; say it in other words for a better answer.",
        "no_case_passes": "No case passes the filters; this says nothing about what the library holds.",
        "no_case": "There is no case that you may see.",
    },
    "de": {
        "strong": "Es gibt einen Fall, der nahe kommt.",
        "possible": "Vielleicht ist ein Fall vergleichbar; lesen Sie, warum, bevor Sie sich darauf stützen.",
        "none": "Kein Fall kommt nahe.",
        "nearest": "Diese sind die nächsten; nehmen Sie sie als Anregung und fragen Sie, wer sie kennt.",
        "strange": "Die Sprache des Textes kennt die Suche nicht; übersetzt wird er besser beantwortet.",
        "half_read": "Vieles im Text konnte nicht gelesen werden; anders gesagt wird er besser beantwortet.",
        "no_case_passes": "Kein Fall passt zu den Filtern; über den Bestand sagt das nichts.",
        "no_case": "Es gibt keinen Fall, den Sie sehen dürfen.",
    },
    "fr": {
        "strong": "Il y a un cas proche.",
        "possible": "Un cas est peut-être comparable\u202f; lisez pourquoi avant de vous y fier.",
        "none": "Aucun cas proche.",
        "nearest": "Voici les moins éloignés\u202f; prenez-les comme analogies et interrogez leurs contacts.",
        "strange": "La recherche ne connaît pas la langue du texte\u202f; traduit, il aura une meilleure réponse.",
        "half_read": "Une bonne part du texte n’a pu être lue\u202f; dites-le autrement pour une meilleure réponse.",
        "no_case_passes": "Aucun cas ne passe les filtres\u202f; cela ne dit rien de ce que contient la bibliothèque.",
        "no_case": "Il n’y a aucun cas que vous puissiez voir.",
    },
}

# What the parts of a case are called, by kind of passage; no kind for a part of its own making.
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "context": "context",
        "challenge": "challenge",
        "approach": "approach",
        "solution": "solution",
        "value": "account of the value",
        "went_wrong": "account of what went wrong",
        "conditions": "account of the conditions for replication",
        "summary": "summary",
        "": "text",
    },
    "de": {
        "context": "Ausgangslage",
        "challenge": "Herausforderung",
        "approach": "Vorgehen",
        "solution": "Lösung",
        "value": "Nutzen",
        "went_wrong": "Was schiefging",
        "conditions": "Übertragbarkeit",
        "summary": "Zusammenfassung",
        "": "Text",
    },
    "fr": {
        "context": "contexte",
        "challenge": "défi",
        "approach": "démarche",
        "solution": "solution",
        "value": "valeur",
        "went_wrong": "ce qui n’a pas marché",
        "conditions": "conditions de réplication",
        "summary": "résumé",
        "": "texte",
    },
}


def verdict_without_cases(text: str, language: str) -> str:
    """Return a verdict in words for who is shown no case."""
    return text.replace(f" {VERDICTS[label_language(language)]['nearest']}", "")


def label_language(tag: str) -> str:
    """Return the language that a tag such as `de-AT` asks for, or English where there are no phrases in it."""
    base = tag.partition("-")[0].lower()
    return base if base in PHRASES else "en"
