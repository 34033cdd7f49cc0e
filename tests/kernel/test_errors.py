"""Broken rules as values: their sentence, and their way between processes."""

import pickle

from app.kernel.errors import InvalidInput


class NoSuchShelf(InvalidInput):
    message = "There is no shelf %(shelf)s."


def test_a_broken_rule_says_its_sentence_with_the_values_in_it() -> None:
    assert str(NoSuchShelf(shelf="A-1")) == "There is no shelf A-1."


def test_a_broken_rule_travels_between_processes() -> None:
    arrived = pickle.loads(pickle.dumps(NoSuchShelf(shelf="A-1")))  # noqa: S301  # made in this line
    assert isinstance(arrived, NoSuchShelf)
    assert (str(arrived), arrived.params, arrived.status) == ("There is no shelf A-1.", {"shelf": "A-1"}, 400)
