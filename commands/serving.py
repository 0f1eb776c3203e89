"""Commands that serve others: serve, mcp, and the keys of those who call."""

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import AsJson, AskerOptions, Library, Place, day_of, settings_of
from commands.streams import print_json, print_note
from library.access import Role

if TYPE_CHECKING:
    from curation.keys import AccessKey, KeyStore


def serve(
    *,
    host: Annotated[
        str | None,
        typer.Option(
            "--host", metavar="ADDRESS", help="Where to listen.  [env: CASEBOOK_SERVER__HOST; default: 127.0.0.1]"
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65535,
            help="0 takes any free one.  [env: CASEBOOK_SERVER__PORT; default: 8000]",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", min=1, max=64, help="Processes.  [env: CASEBOOK_SERVER__WORKERS; default: 1]"
        ),
    ] = None,
    place: Place,
) -> None:
    """Answer portals and chatbots over HTTP and MCP.

    Listens on this machine alone unless callers are told apart (`casebook keys create`, or OpenID Connect).
    """
    from api.serving import serve as run_server

    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = place.settings(server=chosen or None)
    with suppress(KeyboardInterrupt):  # how one ends it
        run_server(settings, announce=lambda address: typer.echo(f"Casebook answers at {address} (Ctrl-C ends it)."))


def mcp(*, place: Place, who: AskerOptions) -> None:
    """Answer a chatbot on this machine over MCP.

    It is the chatbot that starts this and speaks over standard input and output.
    """
    from api.connector import run_stdio

    settings = place.settings()
    run_stdio(settings, who.asker(settings))


def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will hold it, such as 'sales portal'.")],
    *,
    role: Annotated[Role, typer.Option("--role", help="What its holder may do.")] = Role.READER,
    expires: Annotated[
        date | None,
        typer.Option("--expires", parser=day_of, metavar="YYYY-MM-DD", help="The last day.  [default: in 365 days]"),
    ] = None,
    library: Library = None,
) -> None:
    """Make a key for a service and print it, this once."""
    made = _keys(library).create(name, role=role, expires=expires)
    typer.echo(made.text)
    print_note(
        f"Key {made.key.id} for {made.key.name} ({made.key.role}) works until {made.key.expires}. "
        "It is not shown again: put it where its holder keeps secrets. A server that starts from now on asks everyone "
        "for a key."
    )


def list_keys(*, library: Library = None, as_json: AsJson = False) -> None:
    """List the keys that were made; no secret is among it."""
    from curation.keys import today_in_utc

    keys, today = _keys(library).all(), today_in_utc()
    if as_json:
        print_json([key.as_dict(today) for key in keys])
        return
    for key in keys:
        typer.echo(_line_of(key, today))
    print_note(f"{len(keys)} key{'' if len(keys) == 1 else 's'}")


def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `casebook keys list` shows it.")],
    *,
    library: Library = None,
) -> None:
    """Make a key useless from now on."""
    key = _keys(library).revoke(key_id)
    typer.echo(f"Key {key.id} ({key.name}) is revoked.")


def _keys(library: Any) -> "KeyStore":
    from curation.keys import KeyStore
    from curation.state import State

    return KeyStore(State(settings_of(library).state_file))


def _line_of(key: "AccessKey", today: date) -> str:
    used = f"last used {key.last_used}" if key.last_used else "never used"
    standing = key.standing(today)
    state = f"revoked {key.revoked}" if key.revoked else f"{standing} until {key.expires}"
    return f"{key.id}  {key.name}  {key.role}  {state}, {used}"
