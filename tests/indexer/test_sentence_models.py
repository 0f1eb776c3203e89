"""Any sentence-transformers model: exported once, faithful to the original, or run as it is.

The models are made here, small and with random weights; sentence-transformers says what is right.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import types
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from indexer.build import BuildReport, build_index
from indexer.default_model import MAX_TOKENS, default_model_source, place_default_model
from indexer.encoder import EncoderConfig, OnnxEncoder, add_token_space, open_encoder
from indexer.generations import Manifest, current_generation
from indexer.passages import split_document
from indexer.sentence_models import (
    FAITHFUL,
    NO_LIMIT,
    SENTENCE_TRANSFORMERS_KIND,
    SentenceTransformersEncoder,
    _fingerprint,
    _quiet,
    compare,
    load_model,
    place_model,
)
from indexer.tokens import TOKEN_DIMENSION
from library.access import Asker
from library.documents import Document
from library.errors import EncoderError
from search.answering.assembling import search_cases
from search.engine import LocalEngine
from tests.conftest import case_text, settings_for, write_library

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="needs the extra `models`"),
]

ROOT = Path(__file__).parents[2]
DIMENSION = 32
LIMIT = 48
PROMPTS = {"query": "frage: ", "document": "text: "}

ENGLISH = (
    "Our largest customer centralises its purchasing and asks every supplier for a lower price. The plants value our "
    "service, but they no longer decide. The new head of procurement compares us by list price alone. We proposed a "
    "joint project on downtime, with savings that both finance teams would verify, and asked for a sponsor. "
)
GERMAN = (
    "Unser größter Kunde bündelt den Einkauf und verlangt von allen Lieferanten niedrigere Preise. Die Werke schätzen "
    "unseren Service, haben aber nichts mehr zu sagen. Der neue Leiter Zentraleinkauf vergleicht nur die Listenpreise. "
    "Wir schlugen ein gemeinsames Projekt zur Anlagenverfügbarkeit vor und baten den Vorstand um Unterstützung. "
)
FRENCH = (
    "Notre plus grand client centralise ses achats et demande à chaque fournisseur de baisser ses prix. Les usines "
    "apprécient notre service, mais elles ne décident plus. Le nouveau directeur des achats ne compare que les tarifs. "
    "Nous avons proposé un projet commun sur les arrêts de ligne, avec des gains vérifiés par les deux côtés. "
)
TEXTS = {
    f"{language} {size}": " ".join((text * 9).split()[:words])
    for language, text in (("en", ENGLISH), ("de", GERMAN), ("fr", FRENCH))
    for size, words in (("short", 12), ("250 words", 250))
}
LIBRARY = {
    "cases/a.md": case_text(title="Hospital", challenge="The hospital group consolidates its vendors."),
    "cases/b.md": case_text(title="Brewery", challenge="The brewery asks for a rebate. " * 40),
}


def _tokenizer() -> Any:
    """Return a WordPiece tokeniser that knows letters, so that every text is many pieces."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?:'-"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters), "price", "the"]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def _transformer(folder: Path, *, seed: int) -> Any:
    """Return a Transformer module: a BERT of two layers with random weights, which reads 48 pieces."""
    import torch
    from sentence_transformers.base.modules import Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(), unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=DIMENSION,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Transformer(str(folder), max_seq_length=LIMIT)


def _save(folder: Path, *modules: Any, prompts: dict[str, str] | None = None) -> Path:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(modules=list(modules), prompts=prompts, device="cpu")
    model.save(str(folder), create_model_card=False)
    return folder


def _mean_model(folder: Path, *, seed: int = 0, **pooling: Any) -> Path:
    """Save a model with mean pooling, both prompts and a limit."""
    from sentence_transformers.sentence_transformer.modules import Pooling

    with _quiet():
        transformer = _transformer(folder / "parts", seed=seed)
        return _save(folder / "saved", transformer, Pooling(DIMENSION, "mean", **pooling), prompts=PROMPTS)


def _dense_model(folder: Path) -> Path:
    """Save a model that takes the first piece's vector and maps it to 16 dimensions, without prompts."""
    from sentence_transformers.base.modules import Dense
    from sentence_transformers.sentence_transformer.modules import Pooling

    with _quiet():
        transformer = _transformer(folder / "parts", seed=5)
        return _save(folder / "saved", transformer, Pooling(DIMENSION, "cls"), Dense(DIMENSION, 16))


def _static_model(folder: Path) -> Path:
    """Save a model without a transformer: it has no limit, and its tokeniser is no tokeniser of transformers'."""
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    with _quiet():
        weights = np.random.default_rng(1).standard_normal((_tokenizer().get_vocab_size(), DIMENSION))
        return _save(folder / "saved", StaticEmbedding(_tokenizer(), embedding_weights=weights.astype(np.float32)))


def _original(path: Path, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
    """Return what sentence-transformers itself makes of texts: as documents and as queries."""
    model = load_model(str(path))
    options = {"normalize_embeddings": True, "show_progress_bar": False}
    return model.encode_document(list(texts), **options), model.encode_query(list(texts), **options)


def _assert_faithful(encoder: Any, path: Path, texts: Sequence[str]) -> None:
    documents, queries = _original(path, texts)
    for expected, actual in (
        (documents, encoder.encode_documents(texts)),
        (queries, encoder.encode_queries(texts)),
    ):
        assert np.linalg.norm(actual, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
        assert (expected * actual).sum(axis=1).min() >= FAITHFUL


def _place(path: Path, folder: Path) -> tuple[EncoderConfig, list[str]]:
    told: list[str] = []
    folder.mkdir()
    return place_model(str(path), folder, told.append), told


@pytest.fixture(scope="module")
def mean_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _mean_model(tmp_path_factory.mktemp("mean"))


@pytest.fixture(scope="module")
def mean_export(mean_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The exported model's folder, and what was told on the way."""
    folder = tmp_path_factory.mktemp("exported") / "mean"
    _, told = _place(mean_model, folder)
    return folder, told


class _Watching:
    """Progress that keeps the notices."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def start(self, phase: str, total: int) -> None:
        """Ignore a phase."""

    def advance(self, steps: int) -> None:
        """Ignore steps."""

    def notify(self, message: str) -> None:
        self.told.append(message)


def _index(root: Path, model: Path | str) -> tuple[BuildReport, list[str]]:
    watching = _Watching()
    report = build_index(settings_for(root, model=str(model)), progress=watching)
    return report, watching.told


def _found(root: Path, *, by_pieces: bool) -> list[str]:
    """Return the ids that a search finds; `by_pieces` says whether the model's token vectors take part."""
    engine = LocalEngine.from_data_folder(root / ".casebook")
    answer = search_cases(engine, "The brewery asks for a rebate", asker=Asker())
    assert bool(engine.encoder.config.token_space) is by_pieces
    assert bool(answer.cases[0].arms["pieces"].weight) is by_pieces
    engine.close()
    return sorted(case.id for case in answer.cases)


# The default model.


def test_the_default_encoder_equals_sentence_transformers(tmp_path: Path) -> None:
    """Short texts and long ones, in three languages, alone and in a batch: cosine at least 0.9999."""
    place_default_model(tmp_path)
    encoder = open_encoder(tmp_path)
    assert isinstance(encoder, OnnxEncoder)
    texts = list(TEXTS.values())
    assert compare(load_model(str(default_model_source())), encoder, texts) >= FAITHFUL
    _assert_faithful(encoder, default_model_source(), texts)
    for text in texts:
        _assert_faithful(encoder, default_model_source(), [text])
    assert any(encoder.count_tokens(text) > MAX_TOKENS for text in texts), "so cutting off is compared, too"


def test_the_default_model_is_described_as_sentence_transformers_does(tmp_path: Path) -> None:
    """Limit, dimension and the count of pieces are those of the model that was published."""
    config = place_default_model(tmp_path)
    model = load_model(str(default_model_source()))
    original = SentenceTransformersEncoder(config, model)
    assert (config.dimension, config.max_tokens) == (model.get_embedding_dimension(), model.max_seq_length)
    encoder = open_encoder(tmp_path)
    for text in ("price", ENGLISH, GERMAN, FRENCH):
        assert encoder.count_tokens(text) == original.count_tokens(text)


# Other models, exported.


def test_an_exported_model_equals_the_original(mean_model: Path, mean_export: tuple[Path, list[str]]) -> None:
    """Prompts for queries and documents, the limit and the pooling are the model's own; nothing is told."""
    folder, told = mean_export
    encoder = open_encoder(folder)
    assert isinstance(encoder, OnnxEncoder)
    assert told == []
    _assert_faithful(encoder, mean_model, list(TEXTS.values()))
    config = encoder.config
    assert (config.query_prompt, config.document_prompt) == (PROMPTS["query"], PROMPTS["document"])
    assert (config.dimension, config.max_tokens) == (DIMENSION, LIMIT)
    documents, queries = encoder.encode_documents(["price"]), encoder.encode_queries(["price"])
    assert (documents * queries).sum() < FAITHFUL, "so the prompts make a difference"


def test_an_exported_models_tokens_are_the_originals(
    mean_model: Path, mean_export: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """Each word piece's vector is what sentence-transformers says of it; here the space is large enough to keep all."""
    shutil.copytree(mean_export[0], tmp_path / "copy")
    add_token_space(tmp_path / "copy")
    encoder = open_encoder(tmp_path / "copy")
    texts = list(TEXTS.values())
    encoded = encoder.encode_tokens(texts, as_query=False)
    assert encoded.tokens is not None
    assert encoded.vectors == pytest.approx(encoder.encode_documents(texts), abs=1e-5)
    prompt = len(_tokenizer().encode(PROMPTS["document"], add_special_tokens=False).ids)
    original = load_model(str(mean_model)).encode_document(texts, output_value="token_embeddings")
    for tokens, rows in zip(encoded.tokens, original, strict=True):
        expected = rows.numpy()[1 + prompt : -1]  # without what stands for the text's begin, the prompt and its end
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        assert len(tokens.pieces) == len(expected) > 0
        assert tokens.vectors @ tokens.vectors.T == pytest.approx(expected @ expected.T, abs=1e-3)


def test_a_model_with_cls_pooling_and_a_dense_module_is_exported(tmp_path: Path) -> None:
    """The whole pipeline is exported, not the transformer alone."""
    path = _dense_model(tmp_path)
    config, told = _place(path, tmp_path / "exported")
    assert told == []
    encoder = open_encoder(tmp_path / "exported")
    assert isinstance(encoder, OnnxEncoder)
    assert (config.dimension, config.query_prompt, config.document_prompt) == (16, "", "")
    _assert_faithful(encoder, path, list(TEXTS.values()))
    add_token_space(tmp_path / "exported")
    tokens = open_encoder(tmp_path / "exported").encode_tokens(["price"], as_query=True).tokens
    assert tokens is not None
    assert tokens[0].vectors.shape == (1, TOKEN_DIMENSION)


def test_an_exported_model_counts_as_the_original(mean_model: Path, mean_export: tuple[Path, list[str]]) -> None:
    """Pieces are counted with the document's prompt, and a text that is too long counts as that."""
    encoder = open_encoder(mean_export[0])
    original = SentenceTransformersEncoder(encoder.config, load_model(str(mean_model)))
    assert encoder.count_tokens("the price") == original.count_tokens("the price") <= LIMIT
    assert encoder.count_tokens(ENGLISH) > LIMIT
    assert original.count_tokens(ENGLISH) > LIMIT


@pytest.fixture(scope="module")
def indexed(mean_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that was indexed with the small model."""
    root = write_library(tmp_path_factory.mktemp("library"), LIBRARY)
    report, told = _index(root, mean_model)
    assert report.embedded > 0
    assert len(told) == 1
    assert "once" in told[0]
    return root


def test_a_model_given_as_a_folder_is_indexed_and_searched(indexed: Path, mean_model: Path) -> None:
    """`--model FOLDER` works from the first run to the answer, on vectors that are the model's own."""
    assert _found(indexed, by_pieces=True) == ["a", "b"]
    engine = LocalEngine.from_data_folder(indexed / ".casebook")
    assert (engine.manifest.model, engine.manifest.dimension) == (str(mean_model), DIMENSION)
    for row, text in engine.texts([0, 1]).items():
        document = Document("cases/a.md", text.item, text.sections)
        passages = split_document(document, max_tokens=LIMIT, count_tokens=engine.encoder.count_tokens)
        stored = engine.passage_vectors([passage.row for passage in engine.passages([row])])
        expected, _ = _original(mean_model, [passage.embedded for passage in passages])
        assert (stored * expected).sum(axis=1).min() >= FAITHFUL
    engine.close()


def test_an_unchanged_model_is_not_exported_again(indexed: Path, mean_model: Path) -> None:
    """The second run says nothing of the model and publishes nothing."""
    again, told = _index(indexed, mean_model)
    assert again.unchanged
    assert told == []


def test_an_exported_model_is_searched_without_torch(indexed: Path) -> None:
    """Only indexing with a new model needs the extra; the published generation does not."""
    script = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'sentence_transformers', 'onnx'): sys.modules[name] = None\n"
        "sys.argv = ['casebook', *sys.argv[1:]]\n"
        "import cli\ncli.main()\n"
    )
    command = [sys.executable, "-c", script, "search", "The brewery asks for a rebate", "--json", "-l", str(indexed)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(case["id"] for case in json.loads(run.stdout)["cases"]) == ["a", "b"]


def test_a_changed_model_folder_is_exported_again(tmp_path: Path) -> None:
    """Other weights in the same folder are another model: everything is embedded again."""
    path = _mean_model(tmp_path / "model", seed=1)
    root = write_library(tmp_path / "library", LIBRARY)
    first, _ = _index(root, path)
    before = Manifest.from_folder(current_generation(root / ".casebook")).encoder_fingerprint
    _mean_model(tmp_path / "model", seed=2)
    second, told = _index(root, path)
    assert len(told) == 1
    assert (second.unchanged, second.embedded) == (False, first.embedded)
    assert Manifest.from_folder(current_generation(root / ".casebook")).encoder_fingerprint != before
    encoder = LocalEngine.from_data_folder(root / ".casebook").encoder
    _assert_faithful(encoder, path, list(TEXTS.values()))


def test_the_same_model_in_another_folder_has_the_same_fingerprint(tmp_path: Path, mean_model: Path) -> None:
    """Where a model lies does not change its vectors; its weights and its prompts do."""
    elsewhere, other = _mean_model(tmp_path / "elsewhere"), _mean_model(tmp_path / "other", seed=9)
    models = [load_model(str(path)) for path in (mean_model, elsewhere, other, mean_model)]
    models[3].prompts["query"] = "another: "
    same, again, of_other_weights, of_other_prompt = map(_fingerprint, models)
    assert same == again
    assert len({same, of_other_weights, of_other_prompt}) == 3


# Other models, run as they are.


class _GateOfEachRow:
    """A module's behaviour that no exporter can follow: each row decides in Python what becomes of it."""

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        import torch

        rows = [row if row[0].item() > 0 else row.flip(0) for row in features["sentence_embedding"]]
        return {**features, "sentence_embedding": torch.stack(rows)}


@pytest.fixture
def gated_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with a module of its own; its name says that it comes with sentence-transformers, so it is trusted."""
    from sentence_transformers.base.modules import Module
    from sentence_transformers.sentence_transformer.modules import Pooling

    class Gate(_GateOfEachRow, Module):  # type: ignore[misc]  # sentence_transformers is not checked
        def save(self, output_path: str, *_: Any, **__: Any) -> None:
            Path(output_path).mkdir(exist_ok=True)

        @classmethod
        def load(cls, *_: Any, **__: Any) -> Gate:
            return cls()

    home = types.ModuleType("sentence_transformers.casebook_test")
    home.Gate = Gate  # type: ignore[attr-defined]
    Gate.__module__, Gate.__qualname__ = home.__name__, "Gate"
    monkeypatch.setitem(sys.modules, home.__name__, home)
    with _quiet():
        transformer = _transformer(tmp_path / "gated" / "parts", seed=3)
        return _save(tmp_path / "gated" / "saved", transformer, Pooling(DIMENSION, "mean"), Gate(), prompts=PROMPTS)


def test_a_model_that_cannot_be_exported_runs_as_it_is(gated_model: Path, tmp_path: Path) -> None:
    """Control flow over values: told once, indexed, published and searched on sentence-transformers itself."""
    root = write_library(tmp_path / "library", LIBRARY)
    report, told = _index(root, gated_model)
    assert report.embedded > 0
    assert "cannot be exported" in told[1]
    assert "slower" in told[1]
    engine = LocalEngine.from_data_folder(root / ".casebook")
    assert isinstance(engine.encoder, SentenceTransformersEncoder)
    assert engine.encoder.config.kind == SENTENCE_TRANSFORMERS_KIND
    _assert_faithful(engine.encoder, gated_model, list(TEXTS.values()))
    engine.close()
    assert _found(root, by_pieces=False) == ["a", "b"]
    again, told = _index(root, gated_model)
    assert again.unchanged
    assert told == []


def test_a_model_whose_export_differs_runs_as_it_is(tmp_path: Path) -> None:
    """Pooling that leaves the prompt out cannot be seen in the graph; comparing notices, and the original runs."""
    path = _mean_model(tmp_path / "model", include_prompt=False)
    config, told = _place(path, tmp_path / "placed")
    assert len(told) == 1
    assert "its export differs" in told[0]
    assert config.kind == SENTENCE_TRANSFORMERS_KIND
    _assert_faithful(open_encoder(tmp_path / "placed"), path, list(TEXTS.values()))


def test_static_embeddings_run_as_they_are(tmp_path: Path) -> None:
    """A model without transformer and without limit is indexed and searched, too."""
    path = _static_model(tmp_path / "model")
    root = write_library(tmp_path / "library", LIBRARY)
    report, told = _index(root, path)
    assert report.embedded > 0
    assert "no fast form" in told[1]
    engine = LocalEngine.from_data_folder(root / ".casebook")
    assert engine.encoder.config.max_tokens == NO_LIMIT
    assert engine.encoder.count_tokens("the price") == 4
    _assert_faithful(engine.encoder, path, list(TEXTS.values()))
    engine.close()
    assert _found(root, by_pieces=False) == ["a", "b"]


def test_progress_counts_every_text_once(gated_model: Path) -> None:
    """A model that runs as it is reports batch by batch, in order."""
    config = EncoderConfig(SENTENCE_TRANSFORMERS_KIND, "m", "f", DIMENSION, LIMIT)
    encoder = SentenceTransformersEncoder(config, load_model(str(gated_model)))
    told: list[int] = []
    texts = [f"text {number}" for number in range(70)]
    vectors = encoder.encode_documents(texts, advance=lambda rows, _: told.extend(rows))
    assert told == list(range(70))
    assert vectors[69] == pytest.approx(encoder.encode_documents([texts[69]])[0], abs=1e-5)
    assert math.isclose(float(np.linalg.norm(vectors[0])), 1, abs_tol=1e-5)


# What goes wrong.


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Nothing is downloaded: the message says what can be given, and how to allow a download."""
    root = write_library(tmp_path, LIBRARY)
    with pytest.raises(EncoderError, match="no-such-firm/no-such-model cannot be loaded") as caught:
        _index(root, "no-such-firm/no-such-model")
    assert "safetensors" in caught.value.hint
    assert "CASEBOOK_ALLOW_DOWNLOAD=1" in caught.value.hint
    assert "\n" not in caught.value.message


def test_an_index_survives_a_model_that_fails(indexed: Path, tmp_path: Path) -> None:
    """A mistyped model changes nothing of what was published."""
    with pytest.raises(EncoderError):
        _index(indexed, tmp_path / "nowhere")
    assert _found(indexed, by_pieces=True) == ["a", "b"]


def _damage(path: Path, damage: str) -> None:
    weights = path / "model.safetensors"
    match damage:
        case "no model":
            for file in [place for place in path.rglob("*") if place.is_file()]:
                file.unlink()
        case "cut weights":
            weights.write_bytes(weights.read_bytes()[:1_000])
        case "pickled weights":
            import torch

            torch.save({}, path / "pytorch_model.bin")
            weights.unlink()
        case "broken list of modules":
            (path / "modules.json").write_text("{")
        case "unknown module":
            modules = json.loads((path / "modules.json").read_text())
            modules[1]["type"] = "sentence_transformers.nowhere.Thing"
            (path / "modules.json").write_text(json.dumps(modules))


@pytest.mark.parametrize(
    "damage", ["no model", "cut weights", "pickled weights", "broken list of modules", "unknown module"]
)
def test_a_damaged_model_is_told(tmp_path: Path, damage: str) -> None:
    """Whatever the libraries raise becomes one line and a remedy; a pickle is never loaded."""
    path = _mean_model(tmp_path)
    _damage(path, damage)
    with pytest.raises(EncoderError, match="cannot be loaded") as caught:
        load_model(str(path))
    assert "\n" not in caught.value.message
    assert "safetensors" in caught.value.hint


def test_code_in_a_model_folder_is_never_run(tmp_path: Path) -> None:
    """A module that the model brings along is refused, not imported."""
    path = _mean_model(tmp_path)
    trace = tmp_path / "trace"
    (path / "brought.py").write_text(f"open({str(trace)!r}, 'w').close()\nclass Thing: pass\n")
    modules = json.loads((path / "modules.json").read_text())
    modules[1]["type"] = "brought.Thing"
    (path / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_model(str(path))
    assert not trace.exists()


def test_a_folder_may_stand_in_the_home_folder(mean_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` in casebook.toml means what it means to a shell."""
    monkeypatch.setenv("HOME", str(mean_model.parent))
    assert load_model(f"~/{mean_model.name}").get_embedding_dimension() == DIMENSION
