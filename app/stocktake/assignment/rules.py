"""How bins are shared among counters, and who may not be asked for a recount."""

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate

from msgspec import Struct

from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.i18n import N_


class NobodyChosen(InvalidInput):
    """Bins without anybody to count them."""

    message = N_("Choose who is to count.")


class NoBinChosen(InvalidInput):
    """An assignment of nothing."""

    message = N_("Choose at least one bin that is still to be counted.")


class NotACounter(InvalidInput):
    """Somebody who may not scan, or not any more."""

    message = N_("Only somebody who may scan can be asked to count.")


class CountedBefore(RuleBroken):
    """A recount is for another person."""

    message = N_("A recount is for somebody else: %(name)s counted %(bins)s before.")


class Bin(Struct, frozen=True):
    """A bin to be shared out: how much there is to count, and who counted an earlier round of it."""

    id: int
    code: str
    lines: int
    counted_by: frozenset[int] = frozenset()


def share_out(bins: Sequence[Bin], counters: Sequence[int]) -> dict[int, int]:
    """Return who counts each of *bins*, which stand in the order of walking: neighbours together, work even.

    A bin without any line is still a walk: it weighs as much as one line.
    """
    weights = [each.lines + 1 for each in bins]
    whole = sum(weights)
    # By the middle of each bin's share of the work, so that nobody gets a bin more for where a border falls.
    middles = (end - weight / 2 for end, weight in zip(accumulate(weights), weights, strict=True))
    return {
        each.id: counters[min(int(middle * len(counters) / whole), len(counters) - 1)]
        for each, middle in zip(bins, middles, strict=True)
    }


def ensure_others_recount(
    bins: Collection[Bin], shares: Mapping[int, int], names: Mapping[int, str], *, one_person: bool
) -> None:
    """Refuse to ask somebody for a recount of what they counted. Errors: CountedBefore."""
    if one_person:
        return
    for user in dict.fromkeys(shares.values()):
        again = [each.code for each in bins if shares[each.id] == user and user in each.counted_by]
        if again:
            raise CountedBefore(name=names.get(user, "?"), bins=", ".join(again[:10]))
