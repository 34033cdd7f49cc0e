"""What may be cleared, to which accounts, and by how much.

Law: shortages and surpluses are cleared apart; never more of a line than is left of it; a clearing says why.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.company.rules import AccountRole
from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.exact import ZERO
from app.kernel.i18n import N_

KIND: Final = "stocktake_clearing"
LONGEST_REASON: Final = 200
LONGEST_NAME: Final = 80
# Where a loss ends: nobody's fault, management's, or somebody owes it. A gain is income, or makes up for expenses.
SHORTAGE_TARGETS: Final = (AccountRole.OTHER_EXPENSE, AccountRole.ADMIN_EXPENSE, AccountRole.OTHER_RECEIVABLE)
SURPLUS_TARGETS: Final = (AccountRole.OTHER_INCOME, AccountRole.ADMIN_EXPENSE)


class NothingLeft(RuleBroken):
    """What was chosen is cleared already."""

    message = N_("Nothing is left to clear of these lines.")


class LeftChanged(RuleBroken):
    """What is left is not what was seen."""

    message = N_("What is left has changed since you looked. Please look again.")


class MoreThanLeft(InvalidInput):
    """More than is left cannot be cleared."""

    message = N_("Only %(left)s is left of these lines.")


class AmountMissing(InvalidInput):
    """An amount to clear is above zero."""

    message = N_("Enter an amount above 0, or nothing to clear all that is left.")


class ClearingReasonMissing(InvalidInput):
    """A clearing without a reason."""

    message = N_("Enter the reason: an auditor will ask for it.")


class DebtorMissing(InvalidInput):
    """A receivable that nobody owes."""

    message = N_("Enter who owes it.")


class WrongTarget(InvalidInput):
    """An account that differences are not cleared to."""

    message = N_("Differences of this kind are not cleared to this account.")


class NoSuchClearing(NotFound):
    """The stocktake has no such clearing."""

    message = N_("This stocktake has no such clearing.")


class NotPosted(RuleBroken):
    """Nothing was booked yet."""

    message = N_("%(number)s is not posted: nothing of it is to clear.")


class LineBalance(Struct, frozen=True):
    """What a posted line booked to 1901 (below zero: a shortage), what came back since, what was cleared.

    `cleared` is signed by what it makes up for: above zero for shortages.
    """

    line_id: int
    booked: Decimal
    returned: Decimal
    cleared: Decimal

    @property
    def is_surplus(self) -> bool:
        """Whether there were too many by what is known today: late facts can make more of a shortage than it was."""
        net = self.booked + self.returned
        return (net or self.booked) > 0

    @property
    def left(self) -> Decimal:
        """What is left to clear; below zero where goods came back after the clearing."""
        rest = self.booked + self.returned + self.cleared
        return rest if self.is_surplus else -rest

    @property
    def cleared_of_side(self) -> Decimal:
        """What was cleared of the side on which the line stands; below zero: of the other one."""
        return -self.cleared if self.is_surplus else self.cleared


class ClearingDraft(Struct, frozen=True):
    """A clearing as it was typed: lines with what was seen to be left of each; no amount: all of it.

    `all_left`: every line of that side, of which so much was seen to be left together.
    """

    token: UUID
    is_surplus: bool
    seen: dict[int, Decimal]
    target: AccountRole
    reason: str
    owed_by: str = ""
    amount: Decimal | None = None
    all_left: Decimal | None = None


def targets(*, is_surplus: bool) -> Sequence[AccountRole]:
    """Return the accounts that may be chosen, the usual one first."""
    return SURPLUS_TARGETS if is_surplus else SHORTAGE_TARGETS


def ensure_draft(draft: ClearingDraft) -> None:
    """Refuse a clearing that says too little or goes to a wrong account."""
    if draft.target not in targets(is_surplus=draft.is_surplus):
        raise WrongTarget
    if not draft.reason:
        raise ClearingReasonMissing
    if draft.target is AccountRole.OTHER_RECEIVABLE and not draft.owed_by:
        raise DebtorMissing
    if draft.amount is not None and draft.amount <= 0:
        raise AmountMissing


def lines_seen(balances: Sequence[LineBalance], draft: ClearingDraft) -> dict[int, Decimal]:
    """Return the lines that a draft means, each with what was seen to be left of it. Errors: LeftChanged."""
    if draft.all_left is None:
        return draft.seen
    open_lines = {each.line_id: each.left for each in balances if each.is_surplus == draft.is_surplus and each.left > 0}
    if sum(open_lines.values(), ZERO) != draft.all_left:
        raise LeftChanged
    return open_lines


def shares(balances: Sequence[LineBalance], draft: ClearingDraft) -> dict[int, Decimal]:
    """Return how much of each line is cleared, in their order. Errors: LeftChanged, NothingLeft, MoreThanLeft."""
    chosen = [each for each in balances if each.line_id in draft.seen and each.is_surplus == draft.is_surplus]
    if len(chosen) < len(draft.seen) or any(each.left != draft.seen[each.line_id] for each in chosen):
        raise LeftChanged
    open_lines = [each for each in chosen if each.left > 0]
    left = sum((each.left for each in open_lines), ZERO)
    if not left:
        raise NothingLeft
    rest = left if draft.amount is None else draft.amount
    if rest > left:
        raise MoreThanLeft(left=left)
    found: dict[int, Decimal] = {}
    for each in open_lines:
        part = min(each.left, rest)
        if part:
            found[each.line_id] = part
            rest -= part
    return found
