"""Make a Git commit of saved files in their author's name. Calls the git program; a firm's own hooks run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from library.errors import CommitError, UncommittableError

_FORBIDDEN = re.compile(r"[<>\x00-\x1f\x7f]")
# What Git leaves while a merge, a rebase or the like is not finished.
_UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "BISECT_LOG")
_ELSEWHERE = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"}
    | {"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE", "GIT_NAMESPACE", "GIT_CONFIG_PARAMETERS"}
)
_PATIENCE = 120  # seconds, a firm's hooks included


@dataclass(frozen=True, slots=True)
class Author:
    """In whose name a commit is made."""

    name: str
    email: str = ""

    @classmethod
    def from_user(cls, user: str) -> Author:
        """Return the author that an asker's name stands for: `Ann Lee <ann@example.org>`, a mailbox or a plain name.

        Raises:
            CommitError: the name is empty or could be read as more than a name.
        """
        named = re.fullmatch(r"([^<>]*?)\s*<([^<>]*)>", user.strip())
        name, email = named.groups() if named else (user.strip(), user.strip() if "@" in user else "")
        author = cls(name or email, email)
        author.check()
        return author

    def check(self) -> None:
        """Raise UncommittableError for an identity that Git would read as another."""
        # Git cuts dots, commas and quotes from both ends of a name and refuses what is empty then.
        if not self.name.strip(" .,:;\"'\\") or _FORBIDDEN.search(self.name + self.email):
            raise UncommittableError(
                f"A commit cannot be made in the name {self.name!r}.",
                hint="Authors are called as in 'Ann Lee <ann@example.org>': one line, no further < or >.",
                command="Name the author with --user.",
            )

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


def check_committable(root: Path) -> None:
    """Do nothing where a commit can be made; call it before a file is written.

    Raises:
        UncommittableError: there is no Git, the library lies in no work tree, or a merge or the like is not finished.
    """
    if shutil.which("git") is None:
        raise UncommittableError(
            "The setting `commit` is on and there is no Git.",
            hint="Install Git, or take `commit` out of casebook.toml.",
        )
    found = _git(root, "rev-parse", "--is-inside-work-tree")
    if found.returncode or found.stdout.strip() != "true":
        why = f" ({_first_line(found.stderr)})" if found.stderr else ""
        raise UncommittableError(
            f"{root} lies in no Git work tree{why}.",
            hint="Run `git init` there, or take `commit` out of casebook.toml.",
        )
    arguments = [part for name in _UNFINISHED for part in ("--git-path", name)]
    paths = _run(root, "rev-parse", *arguments).splitlines()
    begun = next((name for name, place in zip(_UNFINISHED, paths, strict=True) if (root / place).exists()), None)
    if begun:
        hint = "Finish or abort it (`git status` says how), then do this again."
        raise UncommittableError(f"{root} is in the middle of a merge, rebase or the like ({begun}).", hint=hint)


def commit_files(paths: Sequence[Path], message: str, author: Author, *, root: Path) -> bool:
    """Commit exactly these files, written or removed, and nothing else that is staged; False if none differs.

    Raises:
        CommitError: as `check_committable`, or Git or a hook of the firm's refused; the files stay as they are.
    """
    author.check()
    check_committable(root)
    names = [os.path.relpath(path, root) for path in paths]
    known = set(_run(root, "ls-files", "-z", "--", *names).split("\0"))
    new = [name for name in names if (root / name).exists() and Path(name).as_posix() not in known]
    named = [name for name in names if name in new or Path(name).as_posix() in known]
    if new:
        _run(root, "add", "--intent-to-add", "--", *new)
    try:
        # Intended additions have no content yet, so they differ here whatever they hold.
        if not named or not _run(root, "status", "--porcelain", "-z", "--untracked-files=no", "--", *named):
            return False
        arguments = ("commit", "--quiet", f"--author={author}", "--file=-", "--only", "--", *named)
        _run(root, *arguments, text=message, extra=_committer(root, author))
    except CommitError:
        if new:
            _git(root, "rm", "--cached", "--quiet", "--force", "--", *new)
        raise
    return True


def _committer(root: Path, author: Author) -> dict[str, str]:
    """Return who commits for Git to know: the machine's own user, or the author where none is set up."""
    if _git(root, "var", "GIT_COMMITTER_IDENT").returncode == 0:
        return {}
    return {"GIT_COMMITTER_NAME": author.name, "GIT_COMMITTER_EMAIL": author.email}


def _run(root: Path, *arguments: str, text: str = "", extra: Mapping[str, str] | None = None) -> str:
    """Return what a git command prints."""
    ended = _git(root, *arguments, text=text, extra=extra)
    if ended.returncode:
        said = " ".join((ended.stderr or ended.stdout).split())
        hint = "The file itself is saved; mend what Git names, then commit it yourself."
        raise CommitError(f"Git made no commit: {said[:500] or ended.returncode}.", hint=hint)
    return ended.stdout


def _git(
    root: Path, *arguments: str, text: str = "", extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    # Inside a hook Git's own variables point elsewhere. Nothing may ask at a terminal that nobody sees.
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", **(extra or {})}
    command = ["git", "-C", os.fspath(root), "--literal-pathspecs", *arguments]
    try:
        return subprocess.run(  # noqa: S603  no shell; every path stands behind "--"
            command,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        hint = "A hook may wait for an answer; run `git commit` yourself to see."
        raise CommitError(f"Git did not end within {_PATIENCE} seconds.", hint=hint) from error
    except OSError as error:
        raise CommitError(
            f"Git cannot be started: {error.strerror or error}.", hint="Check its installation."
        ) from error


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]
