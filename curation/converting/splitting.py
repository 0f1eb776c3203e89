"""Split the blocks of a file that tells several cases: each has a challenge of its own below a title of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curation.converting.blocks import LABEL_LEVEL, Block, case_title
from library.documents import SectionKind


@dataclass(frozen=True, slots=True)
class Part:
    """The blocks of one case; `titled` is the one whose heading titles it, -1 if that is not known."""

    blocks: Sequence[Block]
    titled: int = -1


def split_cases(blocks: Sequence[Block]) -> list[Part]:
    """Return the blocks of each case, in order; what stands before the first one goes with it.

    Every block is in exactly one part. A file with one challenge, or with none, is one case.
    """
    challenges = [n for n, block in enumerate(blocks) if block.kind == SectionKind.CHALLENGE]
    found = [_start(blocks, previous, n) for previous, n in zip([-1, *challenges], challenges, strict=False)]
    titles = [title for title in found if title is not None]
    if len(titles) < 2:  # noqa: PLR2004  one case
        return [Part(blocks)]
    starts = [0, *titles[1:]]
    ends = [*titles[1:], len(blocks)]
    return [Part(blocks[a:b], n - a) for n, a, b in zip(titles, starts, ends, strict=True)]


def _start(blocks: Sequence[Block], previous: int, challenge: int) -> int | None:
    """Return where the case of a challenge begins; None if it goes on with the one before."""
    last_part = max((n for n in range(previous + 1, challenge) if _ends_case(blocks, n, challenge)), default=previous)
    titles = [n for n in range(max(last_part, 0), challenge) if _is_title(blocks, n, challenge)]
    titles = [n for n in titles if n > previous or previous < 0]
    if not titles:
        return None
    numbered = [n for n in titles if case_title(blocks[n].heading) is not None]
    if numbered:
        return numbered[-1]
    highest = min(blocks[n].level for n in titles)
    return [n for n in titles if blocks[n].level == highest][-1]


def _ends_case(blocks: Sequence[Block], n: int, challenge: int) -> bool:
    """Whether a part belongs to the case before: a title stands between it and the challenge."""
    return bool(blocks[n].kind) and any(_is_title(blocks, m, challenge) for m in range(n + 1, challenge))


def _is_title(blocks: Sequence[Block], n: int, challenge: int) -> bool:
    block = blocks[n]
    if block.kind or not block.heading or block.level >= LABEL_LEVEL:
        return False
    below = blocks[challenge].level
    if block.level > below:
        return False
    # A heading over several challenges is that of the file; slides stand side by side, and tell nothing of the kind.
    return block.level == below or _covered(blocks, n) == 1


def _covered(blocks: Sequence[Block], n: int) -> int:
    """Count the challenges below a heading."""
    count = 0
    for block in blocks[n + 1 :]:
        if 0 < block.level <= blocks[n].level:
            break
        count += block.kind == SectionKind.CHALLENGE
    return count
