"""The one error family: every broken rule is a RuleBroken with a sentence a user can read."""

from collections.abc import Callable
from typing import ClassVar

from app.kernel.i18n import N_


class RuleBroken(Exception):
    """A rule said no; `message` is an English msgid, `params` fill its %(name)s places.

    The edge translates it. Nothing was written when it is raised.
    """

    message: ClassVar[str] = N_("This is not allowed.")
    status: ClassVar[int] = 409

    def __init__(self, **params: object) -> None:
        super().__init__(params)
        self.params = params

    def __str__(self) -> str:
        return self.message % self.params

    def __reduce__(self) -> tuple[Callable[..., "RuleBroken"], tuple[object, ...]]:
        # Exceptions unpickle by position; broken rules travel between processes too.
        return _rebuild, (type(self), self.params)


def _rebuild(kind: type[RuleBroken], params: dict[str, object]) -> RuleBroken:
    return kind(**params)


class InvalidInput(RuleBroken):
    """What was typed or sent cannot be used as it is."""

    message = N_("This value cannot be used.")
    status = 400


class Forbidden(RuleBroken):
    """The user may not do this."""

    message = N_("You are not allowed to do this.")
    status = 403


class NotFound(RuleBroken):
    """There is no such thing."""

    message = N_("This does not exist (any more).")
    status = 404
