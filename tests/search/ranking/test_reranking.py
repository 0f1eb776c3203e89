"""search.ranking.reranking: a second opinion that adds up, and that is never a reason to fail."""

from __future__ import annotations

import math
import random
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.lexical import terms_of
from indexer.models import PairScorer, open_cross_encoder
from library.access import Asker
from library.errors import EncoderError
from search.answering.assembling import SearchOptions, search_cases, similar_cases
from search.answers.answer import Answer, FoundCase
from search.engine import LocalEngine
from search.ranking.diversity import LIKENESS
from search.ranking.fusion import RankedItem, normalise, rank
from search.ranking.reranking import RERANKED, RERANKER, RERANKER_WEIGHT, Reranker, open_reranker, rerank
from search.understanding.challenge import Challenge, understand
from search.view import View
from tests.conftest import case_text, index_library, write_library

TEXT = "the sponsor wants a rebate on stock and energy"
WORDS = ("tender", "sponsor", "carbon", "rebate", "plant", "price", "scorecard", "stock", "claims", "energy")
SIZE = RERANKED + 15
RED = Asker(groups=frozenset({"red"}))


def _files() -> dict[str, str]:
    """Return more cases than are read again; each summary ends with the number of its case."""
    chance = random.Random(5)
    return {
        f"cases/c{n:02}.md": case_text(
            title=f"Case {' '.join(chance.choices(WORDS, k=2))}",
            summary=f"About {' '.join(chance.choices(WORDS, k=2))} {n}.",
            challenge=f"The {' '.join(chance.choices(WORDS, k=4))} of customer {n}.",
        )
        for n in range(SIZE)
    }


SECRET = case_text(
    title="Zebra",
    summary="Zebra and the sponsor's rebate on stock and energy.",
    challenge="The sponsor wants a rebate on stock and energy.",
    classification="restricted",
    more="access_groups: [red]\n",
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    files = {**_files(), "cases/secret.md": SECRET}
    return index_library(write_library(tmp_path_factory.mktemp("reranking"), files))


class CountingWords:
    """A scorer that behaves: the more words of the challenge a text has, the higher; `read` is what it was given."""

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []

    def score(self, challenge: str, texts: Sequence[str]) -> Sequence[float]:
        self.read += [(challenge, text) for text in texts]
        wanted = set(terms_of(challenge, "en"))
        return [float(len(wanted & set(terms_of(text, "en")))) for text in texts]


class Giving:
    """A scorer that gives the same numbers whatever it reads."""

    def __init__(self, scores: Sequence[float]) -> None:
        self._scores = scores

    def score(self, challenge: str, texts: Sequence[str]) -> Sequence[float]:  # noqa: ARG002
        return self._scores


class Failing:
    """A scorer that fails; `tries` counts how often it was asked."""

    def __init__(self) -> None:
        self.tries = 0

    def score(self, challenge: str, texts: Sequence[str]) -> Sequence[float]:  # noqa: ARG002
        self.tries += 1
        raise EncoderError("It is broken.", hint="Mend it.")


def _reranker(scorer: PairScorer, told: list[str] | None = None) -> Reranker:
    return Reranker(lambda: scorer, (told if told is not None else []).append)


def _ranked(engine: LocalEngine, limit: int = SIZE) -> tuple[View, Challenge, list[RankedItem]]:
    view = View(engine, Asker())
    challenge = understand(TEXT, engine.encoder)
    return view, challenge, rank(engine, challenge, view.rows("business_case"), limit=limit)


def _answer(engine: LocalEngine, reranker: Reranker | None, *, limit: int = SIZE, asker: Asker | None = None) -> Answer:
    options = SearchOptions(limit=limit, reranker=reranker)
    return search_cases(engine, TEXT, asker=asker or Asker(), options=options)


def _same(answer: Answer) -> Answer:
    return replace(answer, search_id="")


# What it adds.


def test_first_cases_get_the_z_scores_of_what_they_scored(engine: LocalEngine) -> None:
    """The adjustment is the weight times the z-score over the cases that were read, and nothing else changes."""
    view, challenge, ranked = _ranked(engine)
    scores = [float(n % 7) for n in range(RERANKED)]
    found = {item.row: item for item in rerank(view, challenge, ranked, _reranker(Giving(scores)))}
    z_scores = normalise({item.row: score for item, score in zip(ranked, scores, strict=False)})
    for item in ranked[:RERANKED]:
        change = found[item.row].adjustments[RERANKER]
        assert change == pytest.approx(RERANKER_WEIGHT * z_scores[item.row], abs=1e-6)
        assert found[item.row].score == pytest.approx(item.score + change, abs=1e-6)
        assert replace(found[item.row], score=item.score, adjustments=item.adjustments) == item
    assert sum(found[item.row].adjustments[RERANKER] for item in ranked[:RERANKED]) == pytest.approx(0, abs=1e-4)


@given(st.lists(st.floats(-1e30, 1e30), min_size=RERANKED, max_size=RERANKED))
def test_scores_say_the_order_whatever_is_scored(engine: LocalEngine, scores: list[float]) -> None:
    """No case is lost, none beyond those that were read comes before them, and scores fall to the end."""
    view, challenge, ranked = _ranked(engine)
    found = rerank(view, challenge, ranked, _reranker(Giving(scores)))
    assert {item.row for item in found[:RERANKED]} == {item.row for item in ranked[:RERANKED]}
    assert [item.row for item in found[RERANKED:]] == [item.row for item in ranked[RERANKED:]]
    totals = [item.score for item in found]
    assert totals == sorted(totals, reverse=True)


def test_the_rest_gets_the_lowest(engine: LocalEngine) -> None:
    """What was not read counts as what fits worst."""
    view, challenge, ranked = _ranked(engine)
    found = rerank(view, challenge, ranked, _reranker(CountingWords()))
    lowest = min(item.adjustments[RERANKER] for item in found[:RERANKED])
    assert len(found) == SIZE
    assert {item.adjustments[RERANKER] for item in found[RERANKED:]} == {lowest}
    assert lowest < 0


@pytest.mark.parametrize("limit", [1, 5, RERANKED, RERANKED + 1, SIZE - 1])
def test_a_longer_answer_begins_like_a_shorter_one(engine: LocalEngine, limit: int) -> None:
    """However many cases are asked for, the same ones are read again."""
    everything = _answer(engine, _reranker(CountingWords())).cases
    assert _parts(_answer(engine, _reranker(CountingWords()), limit=limit).cases) == _parts(everything)[:limit]


def _parts(cases: Sequence[FoundCase]) -> list[tuple[object, ...]]:
    return [(case.id, case.score, case.arms, case.adjustments) for case in cases]


def test_an_answers_numbers_add_up(engine: LocalEngine) -> None:
    """Arms and adjustments are the score, the score is the order, and likeness is looked at after the reranker."""
    cases = _answer(engine, _reranker(CountingWords())).cases
    for case in cases:
        assert case.adjustments.keys() == {RERANKER, LIKENESS}
        arms = sum(arm.weight * arm.normalised for arm in case.arms.values())
        assert arms + sum(case.adjustments.values()) == pytest.approx(case.score, abs=1e-5)
    assert [case.score for case in cases] == sorted((case.score for case in cases), reverse=True)
    assert [case.id for case in cases] != [case.id for case in _answer(engine, None).cases], "so it makes a difference"


def test_the_verdict_does_not_rest_on_it(engine: LocalEngine) -> None:
    """Whether a case is close is judged by raw similarity, with and without a second opinion."""
    with_it, without = _answer(engine, _reranker(CountingWords())), _answer(engine, None)
    assert (with_it.verdict, with_it.closeness) == (without.verdict, without.closeness)


def test_similar_cases_are_read_again_too(engine: LocalEngine) -> None:
    """The case's own problem is the challenge; the case itself is not among what is read."""
    scorer = CountingWords()
    options = SearchOptions(limit=SIZE, reranker=_reranker(scorer))
    answer = similar_cases(engine, "c03", asker=Asker(), options=options)
    assert all(RERANKER in case.adjustments for case in answer.cases)
    assert {challenge for challenge, _ in scorer.read} == {" ".join(answer.aspects)}
    assert not any(text.endswith(" 3.") for _, text in scorer.read)


def test_scores_that_are_all_alike_change_nothing(engine: LocalEngine) -> None:
    """A model that sees no difference has no say, and no adjustment."""
    view, challenge, ranked = _ranked(engine)
    assert rerank(view, challenge, ranked, _reranker(Giving([0.5] * RERANKED))) == ranked


@pytest.mark.parametrize("count", [0, 1])
def test_where_there_is_no_order_nothing_is_read(engine: LocalEngine, count: int) -> None:
    """No model is opened for an answer of one case or none."""
    view, challenge, ranked = _ranked(engine)
    scorer = CountingWords()
    assert rerank(view, challenge, ranked[:count], _reranker(scorer)) == ranked[:count]
    assert scorer.read == []


# What it reads.


def test_it_reads_the_challenge_beside_title_and_summary(engine: LocalEngine) -> None:
    """The first twenty cases are read, once each, with all of the challenge."""
    scorer = CountingWords()
    view, challenge, ranked = _ranked(engine)
    rerank(view, challenge, ranked, _reranker(scorer))
    items = view.texts([item.row for item in ranked[:RERANKED]])
    expected = [items[item.row].item for item in ranked[:RERANKED]]
    assert scorer.read == [(TEXT, f"{item.title}\n{item.summary}") for item in expected]


def test_it_reads_only_what_the_asker_may_see(engine: LocalEngine, tmp_path: Path) -> None:
    """Of a hidden case it gets nothing, so the answer is the one of a library without it."""
    scorers = CountingWords(), CountingWords()
    without = index_library(write_library(tmp_path, _files()))
    answers = [_answer(e, _reranker(s)) for e, s in zip((engine, without), scorers, strict=True)]
    assert _same(answers[0]) == _same(answers[1])
    assert scorers[0].read == scorers[1].read
    assert not any("Zebra" in text for _, text in scorers[0].read)
    group = CountingWords()
    _answer(engine, _reranker(group), asker=RED)
    assert any("Zebra" in text for _, text in group.read), "so who may see it has it read"
    without.close()


# What goes wrong.


def _raise() -> PairScorer:
    raise EncoderError("There is no such model.", hint="Name another.")


@pytest.mark.parametrize("opened", [_raise, Failing, lambda: Giving([1.0])], ids=["opening", "scoring", "too few"])
def test_a_reranker_that_fails_is_told_once_and_left_alone(
    engine: LocalEngine, opened: Callable[[], PairScorer]
) -> None:
    """The answer is the one without it; one line says why, however many searches follow."""
    told: list[str] = []
    reranker = Reranker(opened, told.append)
    for _ in range(3):
        assert _same(_answer(engine, reranker)) == _same(_answer(engine, None))
    assert len(told) == 1
    assert told[0].startswith("Note: answered without the reranker. ")
    assert "\n" not in told[0]


def test_a_model_that_failed_is_not_tried_again(engine: LocalEngine) -> None:
    """Nobody waits twice for what is broken, and what to do is told with what is wrong."""
    scorer, told = Failing(), list[str]()
    reranker = _reranker(scorer, told)
    for _ in range(2):
        _answer(engine, reranker)
    assert scorer.tries == 1
    assert told == ["Note: answered without the reranker. It is broken. Mend it."]


def test_a_model_is_opened_once(engine: LocalEngine) -> None:
    """Opening costs seconds; many searches share one model."""
    opened: list[CountingWords] = []

    def open_scorer() -> PairScorer:
        opened.append(CountingWords())
        return opened[-1]

    reranker = Reranker(open_scorer, print)
    assert opened == []
    for _ in range(2):
        _answer(engine, reranker)
    assert len(opened) == 1
    assert len(opened[0].read) == 2 * RERANKED


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_a_failure(engine: LocalEngine, odd: float) -> None:
    """One odd score among good ones would spoil every z-score."""
    told: list[str] = []
    scores = [*map(float, range(RERANKED - 1)), odd]
    assert _same(_answer(engine, _reranker(Giving(scores), told))) == _same(_answer(engine, None))
    assert "number" in told[0]


def test_no_setting_is_no_reranker() -> None:
    """Off unless something is named."""
    assert open_reranker("", print) is None
    assert open_reranker("none", print) is None


def test_a_missing_extra_is_told(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sentence-transformers is not installed the note says how to install it."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    told: list[str] = []
    answer = _answer(engine, open_reranker("some/model", told.append))
    assert _same(answer) == _same(_answer(engine, None))
    assert "The model some/model needs sentence-transformers." in told[0]
    assert "sam-casebook[models]" in told[0]


# Real cross-encoders, made here: small, with random weights. sentence-transformers says what is right.

needs_models = pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="needs the extra `models`")


def _save_cross_encoder(folder: Path, *, labels: int = 1, seed: int = 0) -> Path:
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    from indexer.sentence_models import _quiet

    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "of", "a", "About", "Case", "The", "customer", *WORDS]
    tokenizer = Tokenizer(models.WordLevel({name: n for n, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    config = BertConfig(
        vocab_size=len(names),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
        num_labels=labels,
    )
    with _quiet():
        import torch

        torch.manual_seed(seed)
        BertForSequenceClassification(config).save_pretrained(folder / "parts")
        special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder / "parts")
        CrossEncoder(str(folder / "parts"), device="cpu").save(str(folder / "saved"), create_model_card=False)
    return folder / "saved"


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _save_cross_encoder(tmp_path_factory.mktemp("cross-encoder"))


def _original(path: Path, pairs: list[tuple[str, str]]) -> list[float]:
    """Return what sentence-transformers itself makes of pairs, before any squashing."""
    import torch
    from sentence_transformers import CrossEncoder

    from indexer.sentence_models import _quiet

    with _quiet():
        model: Any = CrossEncoder(str(path), device="cpu")
        return [float(score) for score in model.predict(pairs, activation_fn=torch.nn.Identity())]


@pytest.mark.models
@needs_models
def test_a_cross_encoders_scores_are_its_own(cross_encoder: Path) -> None:
    """Each text gets the model's raw score beside the challenge, in the order of the texts; long ones are cut."""
    texts = ["The price of a plant", "About carbon", "stock", "the tender of the customer " * 2_000]
    pairs = [(TEXT, text) for text in texts]
    scores = open_cross_encoder(str(cross_encoder)).score(TEXT, texts)
    assert list(scores) == pytest.approx(_original(cross_encoder, pairs), abs=1e-4)
    assert len(set(scores)) == len(texts)


@pytest.mark.models
@needs_models
def test_a_real_cross_encoder_reorders_an_answer(engine: LocalEngine, cross_encoder: Path) -> None:
    """A folder in the settings is enough: its scores are in the answer and nothing is told."""
    told: list[str] = []
    answer = _answer(engine, open_reranker(str(cross_encoder), told.append))
    assert told == []
    view, challenge, ranked = _ranked(engine)
    reading = CountingWords()
    rerank(view, challenge, ranked, _reranker(reading))
    scores = _original(cross_encoder, reading.read)
    z_scores = normalise({item.row: score for item, score in zip(ranked, scores, strict=False)})
    ids = {record.row: record.id for record in engine.records()}
    expected = {ids[row]: RERANKER_WEIGHT * score for row, score in z_scores.items()}
    found = {case.id: case.adjustments[RERANKER] for case in answer.cases if case.id in expected}
    assert found == pytest.approx(expected, abs=1e-3)


def _damage(path: Path, damage: str) -> None:
    match damage:
        case "cut weights":
            (path / "model.safetensors").write_bytes((path / "model.safetensors").read_bytes()[:1_000])
        case "pickled weights":
            import torch

            torch.save({}, path / "pytorch_model.bin")
            (path / "model.safetensors").unlink()
        case "no weights":
            (path / "model.safetensors").unlink()
        case "broken configuration":
            (path / "config.json").write_text("{")


@pytest.mark.models
@needs_models
@pytest.mark.parametrize("damage", ["cut weights", "pickled weights", "no weights", "broken configuration"])
def test_a_damaged_cross_encoder_is_told(engine: LocalEngine, cross_encoder: Path, tmp_path: Path, damage: str) -> None:
    """Whatever the libraries raise becomes one line; a pickle is never loaded; the answer goes without."""
    path = Path(shutil.copytree(cross_encoder, tmp_path / "copy"))
    _damage(path, damage)
    told: list[str] = []
    assert _same(_answer(engine, open_reranker(str(path), told.append))) == _same(_answer(engine, None))
    assert f"The model {path} cannot be loaded" in told[0]
    assert "\n" not in told[0]


@pytest.mark.models
@needs_models
def test_a_model_that_is_not_there_is_told(engine: LocalEngine) -> None:
    """Nothing is downloaded, and the note says how to allow it."""
    told: list[str] = []
    _answer(engine, open_reranker("no-such-firm/no-such-model", told.append))
    assert "no-such-firm/no-such-model cannot be loaded" in told[0]
    assert "CASEBOOK_ALLOW_DOWNLOAD=1" in told[0]


@pytest.mark.models
@needs_models
def test_code_beside_a_cross_encoder_is_never_run(cross_encoder: Path, tmp_path: Path) -> None:
    """A module that the model brings along is refused, not imported."""
    path = Path(shutil.copytree(cross_encoder, tmp_path / "copy"))
    trace = tmp_path / "trace"
    (path / "brought.py").write_text(f"open({str(trace)!r}, 'w').close()\nclass Thing: pass\n")
    modules = (path / "modules.json").read_text()
    kind = "sentence_transformers.base.modules.transformer.Transformer"
    assert kind in modules
    (path / "modules.json").write_text(modules.replace(kind, "brought.Thing"))
    with pytest.raises(EncoderError, match="cannot be loaded"):
        open_cross_encoder(str(path))
    assert not trace.exists()


@pytest.mark.models
@needs_models
def test_an_encoder_is_no_cross_encoder(tmp_path: Path) -> None:
    """An embedding model would be given a random last layer and order the cases by chance; it is refused."""
    from transformers import BertModel

    from indexer.sentence_models import _quiet

    parts = _save_cross_encoder(tmp_path).parent / "parts"
    with _quiet():
        BertModel.from_pretrained(parts).save_pretrained(parts)
    with pytest.raises(EncoderError, match="is no cross-encoder"):
        open_cross_encoder(str(parts))


@pytest.mark.models
@needs_models
def test_a_classifier_of_several_classes_is_no_reranker(engine: LocalEngine, tmp_path: Path) -> None:
    """Which of several numbers would say how well a case fits, nobody knows."""
    told: list[str] = []
    path = _save_cross_encoder(tmp_path, labels=3)
    assert _same(_answer(engine, open_reranker(str(path), told.append))) == _same(_answer(engine, None))
    assert "several numbers" in told[0]


@pytest.mark.models
@needs_models
def test_a_model_that_fails_while_it_scores_is_told(engine: LocalEngine, cross_encoder: Path, tmp_path: Path) -> None:
    """A tokeniser that knows more words than the model breaks in the middle; one line says so."""
    path = Path(shutil.copytree(cross_encoder, tmp_path / "copy"))
    tokenizer = (path / "tokenizer.json").read_text()
    assert '"energy":' in tokenizer
    place = len(WORDS) + 10
    (path / "tokenizer.json").write_text(tokenizer.replace(f'"energy": {place}', '"energy": 9999'))
    told: list[str] = []
    assert _same(_answer(engine, open_reranker(str(path), told.append))) == _same(_answer(engine, None))
    assert "cannot score" in told[0]
    assert "\n" not in told[0]
