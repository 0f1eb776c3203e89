"""The command line: its root, what it does with errors, and which commands there are."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated

import typer

from commands import (
    auditing,
    checking,
    curating,
    exporting,
    importing,
    purging,
    reviewing,
    searching,
    serving,
    suggesting,
    vocabulary,
    watching,
)
from commands.grouping import grouped
from library.errors import CasebookError

_Commands = dict[str, Callable[..., None]]
_COMMANDS: _Commands = {
    "index": curating.index,
    "watch": watching.watch,
    "search": searching.search,
    "similar": searching.similar,
    "show": searching.show,
    "list": searching.list_,
    "brief": searching.brief,
    "status": searching.status,
    "check": checking.check,
    "eval": searching.eval_,
    "init": curating.init,
    "new": curating.new,
    "import": importing.import_,
    "suggest": suggesting.suggest,
    "export": exporting.export,
    "feedback": curating.feedback,
    "purge": purging.purge,
    "serve": serving.serve,
    "mcp": serving.mcp,
}
_KEY_COMMANDS: _Commands = {"create": serving.create_key, "list": serving.list_keys, "revoke": serving.revoke_key}
_DENY_LIST_COMMANDS: _Commands = {"hash": checking.hash_deny_list}
_REVIEW_COMMANDS: _Commands = {
    "queue": reviewing.queue,
    "diff": reviewing.diff,
    "submit": reviewing.submit,
    "approve": reviewing.approve,
    "return": reviewing.return_,
    "verify": reviewing.verify,
    "reassign": reviewing.reassign,
    "archive": reviewing.archive,
}
_AUDIT_COMMANDS: _Commands = {"export": auditing.export_audit, "verify": auditing.verify_audit}
_VOCABULARY_COMMANDS: _Commands = {
    "export": vocabulary.export,
    "import": vocabulary.import_,
    "check": vocabulary.check,
    "rename": vocabulary.rename,
    "merge": vocabulary.merge,
}
_INTERRUPTED = 130

app = typer.Typer(
    name="casebook",
    help="Find the closest case to a customer's challenge.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def run() -> None:
    """Be the process: run the command line and leave at once.

    Tearing the model and the libraries down takes a fifth of a short search, and nothing is left to save.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some opens every package's metadata
    gc.set_threshold(100_000)  # imports make many objects and no garbage
    if not sys.warnoptions:  # `python -W` and PYTHONWARNINGS still show them
        warnings.simplefilter("ignore")  # what libraries say to developers is no help to who runs a command
    status: int | str | None = 0
    try:
        main()
    except SystemExit as end:
        status = end.code
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a closed pipe takes no more
            stream.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake ends with a message and status 1 or 2, never with a traceback."""
    # ONNX Runtime's official builds report to their maker unless told not to before they load; no data leaves here.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(args=arguments, prog_name="casebook")
    except CasebookError as error:
        typer.echo(f"Error: {error.message}", err=True)
        if error.hint:
            typer.echo(error.hint, err=True)
        if error.command:
            typer.echo(error.command, err=True)
        sys.exit(1)
    except OSError as error:
        typer.echo(f"Error: {error.filename or 'The output'}: {error.strerror or error}.", err=True)
        typer.echo("Check free space and rights.", err=True)
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:  # typer makes this of Ctrl-C
            typer.echo("Stopped; what was published before still answers.", err=True)
        raise


def _version(value: bool) -> None:  # noqa: FBT001  typer calls it so
    if value:
        from library.settings import casebook_version

        typer.echo(f"casebook {casebook_version()}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find the closest case to a customer's challenge."""


_keys = typer.Typer(help="Keys of services that call the server.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(_keys, name="keys")
_deny_list = typer.Typer(
    help="The list of account names that no text may hold.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(_deny_list, name="denylist")
_review = typer.Typer(help="What waits for the desk, and what it decides.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(_review, name="review")
_audit = typer.Typer(help="Who did what, and when.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(_audit, name="audit")
_vocabulary = typer.Typer(
    help="The vocabulary, in and out, checked and changed.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(_vocabulary, name="vocabulary")
_GROUPS = (
    (app, _COMMANDS),
    (_keys, _KEY_COMMANDS),
    (_deny_list, _DENY_LIST_COMMANDS),
    (_review, _REVIEW_COMMANDS),
    (_audit, _AUDIT_COMMANDS),
    (_vocabulary, _VOCABULARY_COMMANDS),
)
for _group, _commands in _GROUPS:
    for _name, _command in _commands.items():
        _group.command(_name)(grouped(_command))

if __name__ == "__main__":
    run()
