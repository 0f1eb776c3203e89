"""Find the words of a passage that the challenge has too: by stem, and by another name of what it names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from indexer.lexical import Word
from indexer.passage_words import words_of_passage
from library.codes import fold_name

# Words that the analyser keeps and that nobody looks for, in the languages of challenges; folded.
_SAYING_NOTHING_TEXT = """
    about after again all also any anybody anything been being but can could did does don done everybody everyone
    everything from get had has have her him his how its just like more most much my nobody now off one only other our
    out over said say says she should some somebody someone something still than that their them there these they this
    those too until very want wanted wants was were what when where which while who why will with would yet you your us
    we me he been do so up
    aber alle allem allen aller alles auch beim bei bin bis chez da damit dann das dass dem den denen denn der deren
    des die dies diese diesem diesen dieser dieses doch dort durch ein eine einem einen einer eines er es etwas euch
    fur gibt hab habe haben hat hatte hatten hier ich ihm ihn ihr ihre ihrem ihren ihrer im ist jede jeder jedes jetzt
    kann kein keine konnen man mehr mein meine mich mir mit nach nicht nichts noch nun nur ob oder ohne schon sehr sein
    seine seit sich sie sind sonst uber um und uns unser unsere unserem unseren unserer unseres von vor war waren was
    weil welche wenn werden wie wir wird wo wurde wurden zu zum zur
    alors au aux avec avoir c'est ce cela celle celui ces cet cette comme comment dans de deja des donc dont du elle
    elles en encore entre est et etait etre eu fait faire il ils je la le les leur leurs lui mais meme mes moi mon ne
    nos notre nous on ont ou par pas peu plus pour pourquoi quand que quel quelle qui sa sans se ses si son sont sur
    ta tous tout toute tres trop un une vos votre vous
"""
SAYING_NOTHING = frozenset(_SAYING_NOTHING_TEXT.split())

Span = tuple[int, int]
Terms = tuple[str, ...]


def find_highlights(
    text: str, language: str, terms: Collection[str], names: Collection[Terms] = ()
) -> tuple[Span, ...]:
    """Return [start, end) of each word of `text` whose term is among `terms` or that is part of a name, in order.

    Words that say nothing ("our", "nous") are left out. `names` are names as terms of this language, such as those of
    a concept that the challenge calls otherwise.
    """
    words = words_of_passage(text, language).among(frozenset(terms).union(*names))
    alike = {n for n, word in words.items() if word.term in terms and _says_something(text[word.start : word.end])}
    marked = alike | _parts_of_names(words, names)
    return tuple((words[n].start, words[n].end) for n in sorted(marked))


def cut_excerpt(text: str, highlights: tuple[Span, ...], *, length: int) -> tuple[str, tuple[Span, ...]]:
    """Return the stretch of about `length` characters with the most highlights, and these within it."""
    if len(text) <= length:
        return text, highlights
    starts = [0, *(start for start, _ in highlights)]
    best = max(starts, key=lambda start: (sum(start <= s and e <= start + length for s, e in highlights), -start))
    begin = text.rfind(" ", 0, max(0, best - length // 5)) + 1 if best else 0
    begin += len(text[begin:]) - len(text[begin:].lstrip())
    end = text.find(" ", begin + length)
    end = len(text) if end < 0 else end
    before, after = "… " if begin else "", " …" if end < len(text) else ""
    shift = len(before) - begin
    kept = tuple((s + shift, e + shift) for s, e in highlights if begin <= s and e <= end)
    return f"{before}{text[begin:end].rstrip()}{after}", kept


def _says_something(word: str) -> bool:
    return len(word) > 1 and fold_name(word) not in SAYING_NOTHING


def _parts_of_names(words: Mapping[int, Word], names: Collection[Terms]) -> set[int]:
    by_first: dict[str, list[Terms]] = {}
    for name in names:
        by_first.setdefault(name[0], []).append(name)
    return {
        place
        for n, word in words.items()
        for name in by_first.get(word.term, ())
        if all(n + i in words and words[n + i].term == term for i, term in enumerate(name))
        for place in range(n, n + len(name))
    }
