"""A dataclass of options is one parameter of a command, and its fields are that command's options."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer
from typer.main import get_command

from commands.grouping import grouped
from commands.options import AskerOptions, Place


@dataclass(frozen=True, slots=True)
class Wind:
    """Two options."""

    force: Annotated[int, typer.Option("--force", "-f", min=0, max=12, help="How strong.")] = 3
    gusts: Annotated[list[str] | None, typer.Option("--gust", help="When.")] = None


SEEN: list[tuple[str, Wind, bool]] = []


def sail(
    boat: Annotated[str, typer.Argument(metavar="BOAT", help="Which.")],
    *,
    wind: Wind,
    night: Annotated[bool, typer.Option("--night", help="In the dark.")] = False,
) -> None:
    """Sail."""
    SEEN.append((boat, wind, night))


def _run(*arguments: str) -> Any:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(grouped(sail))
    SEEN.clear()
    get_command(app).main([*arguments], standalone_mode=False)
    return SEEN[0]


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (["Anna"], ("Anna", Wind(), False)),
        (["Anna", "-f", "7", "--night"], ("Anna", Wind(7), True)),
        (["--gust", "1", "--gust", "2", "Anna"], ("Anna", Wind(3, ["1", "2"]), False)),
    ],
)
def test_command_gets_its_options_as_the_dataclass(arguments: list[str], seen: tuple[str, Wind, bool]) -> None:
    """What is given stands in the dataclass's fields; what is not has the field's default."""
    assert _run(*arguments) == seen


def test_options_stand_in_the_place_of_their_group() -> None:
    """Help lists a group's options where the command has the group, each with its own name and bounds."""
    app = typer.Typer(rich_markup_mode=None)
    app.command()(grouped(sail))
    command = get_command(app)
    assert [name for parameter in command.params for name in parameter.opts][:5] == [
        "boat",
        "--force",
        "-f",
        "--gust",
        "--night",
    ]
    assert command.help == "Sail."


def test_bounds_of_a_field_hold() -> None:
    """A value that the field's option refuses never reaches the command."""
    with pytest.raises(Exception, match="not in the range 0<=x<=12"):
        _run("Anna", "-f", "13")
    assert SEEN == []


def test_two_commands_may_share_a_group() -> None:
    """A group stands once and makes the same options for every command that takes it."""

    def one(*, place: Place, who: AskerOptions) -> None: ...

    def two(*, who: AskerOptions, place: Place) -> None: ...

    app = typer.Typer(rich_markup_mode=None)
    for command in (one, two):
        app.command()(grouped(command))
    first, second = get_command(app).commands.values()  # type: ignore[attr-defined]
    options = [{parameter.name: parameter.help for parameter in command.params} for command in (first, second)]
    assert options[0] == options[1]
    assert {"library", "data", "user", "role", "group"} <= options[0].keys()
