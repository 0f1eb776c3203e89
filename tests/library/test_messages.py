"""Texts that can be said in another language are strings, with the template and the values they were made of."""

from __future__ import annotations

import copy
import json

from library.messages import Message, joined

TOLD = Message("“%(name)s” is all that %(what)s: 5 %% of it", name="Late", what=Message("went wrong"))


def test_a_message_is_the_text_that_it_says() -> None:
    """It is printed, compared and written as any string."""
    assert TOLD == "“Late” is all that went wrong: 5 % of it"
    assert json.loads(json.dumps([TOLD])) == ["“Late” is all that went wrong: 5 % of it"]


def test_a_message_without_values_is_its_template() -> None:
    """A sign of per cent in it means nothing then."""
    assert Message("5 % of it") == "5 % of it"


def test_a_copy_can_be_said_anew_too() -> None:
    """Copies keep template and values."""
    copied = copy.deepcopy(TOLD)
    assert copied == TOLD
    assert copied.template == TOLD.template
    assert copied.values["what"].template == "went wrong"


def test_messages_that_are_joined_are_said_anew_one_by_one() -> None:
    """Empty ones leave no separator; of none nothing is said."""
    both = joined((Message("late"), "", Message("too %(what)s", what="early")), "; ")
    assert both == "late; too early"
    assert isinstance(both, Message)
    assert both.values["part"].template == "too %(what)s"
    assert joined(("", ""), "; ") == ""
