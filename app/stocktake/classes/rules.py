"""ABC classes: few items make most of the value, and those are counted most often.

The rule is the usual one of distribution by value (H. F. Dickie, "ABC inventory analysis shoots for dollars, not
pennies", Factory Management and Maintenance 109, 1951): items are ranked by the value that left in a period; class A
are the first ones up to 80 % of all value, class B the next ones up to 95 %, class C the rest. The item that crosses
a limit still belongs to the better class, so that class A never holds less than its share.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import IntEnum
from typing import Final

from msgspec import Struct

from app.kernel.errors import InvalidInput
from app.kernel.exact import ZERO
from app.kernel.i18n import N_

HUNDRED: Final = 100
DAYS_OF_12_MONTHS: Final = 365
MOST_MONTHS: Final = 60
MOST_DAYS: Final = 3650


class AbcClass(IntEnum):
    """How much of the value an item stands for; kept as numbers, since scopes keep numbers."""

    A = 1
    B = 2
    C = 3


class PolicyInvalid(InvalidInput):
    """Shares that do not rise, a rhythm of no days."""

    message = N_("Shares rise from above 0 to at most 100 percent, and a rhythm is at least one day.")


class Policy(Struct, frozen=True):
    """Where the classes end, in percent of all value, and how many days each may go uncounted."""

    months: int = 12
    share_a: int = 80
    share_b: int = 95
    days_a: int = 30
    days_b: int = 90
    days_c: int = 180

    @property
    def window_days(self) -> int:
        """How many days back the value that left is added up."""
        return self.months * DAYS_OF_12_MONTHS // 12

    def rhythm(self, abc: AbcClass) -> int:
        """Return after how many days an item of this class is to be counted again."""
        return {AbcClass.A: self.days_a, AbcClass.B: self.days_b, AbcClass.C: self.days_c}[abc]


def ensure_policy(policy: Policy) -> None:
    """Refuse shares that do not rise, and periods of no length."""
    shares = 0 < policy.share_a < policy.share_b <= HUNDRED
    days = all(1 <= each <= MOST_DAYS for each in (policy.days_a, policy.days_b, policy.days_c))
    if not shares or not days or not 1 <= policy.months <= MOST_MONTHS:
        raise PolicyInvalid


def classify(worth: Mapping[int, Decimal], policy: Policy) -> dict[int, AbcClass]:
    """Return the class of each item from what it is worth; what is worth nothing is class C.

    Of equal worth the item with the lower number comes first, so that the same books always give the same classes.
    """
    whole = sum((value for value in worth.values() if value > ZERO), ZERO)
    before = ZERO
    classes: dict[int, AbcClass] = {}
    for item, value in sorted(worth.items(), key=lambda pair: (-pair[1], pair[0])):
        classes[item] = _class_after(before, whole, policy) if value > ZERO else AbcClass.C
        before += max(value, ZERO)
    return classes


def _class_after(before: Decimal, whole: Decimal, policy: Policy) -> AbcClass:
    if before * HUNDRED < whole * policy.share_a:
        return AbcClass.A
    return AbcClass.B if before * HUNDRED < whole * policy.share_b else AbcClass.C
