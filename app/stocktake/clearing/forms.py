"""What people type about a clearing."""

from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app.company.rules import AccountRole
from app.kernel.exact import parse_money
from app.kernel.ids import uuid7
from app.stocktake.clearing.rules import LONGEST_NAME, LONGEST_REASON, ClearingDraft, targets
from app.web.addresses import number_or_none
from app.web.fields import Form, MoneyField


class ClearingForm(Form):
    """Where an amount belongs, and why."""

    token = HiddenField()
    target = SelectField(_l("Clear to"))
    owed_by = StringField(
        _l("Who owes it"),
        [Length(max=LONGEST_NAME)],
        description=_l("Only for other receivables: the person or firm that makes up for it."),
    )
    amount = MoneyField(_l("Amount"), [Optional()], description=_l("Left empty, all that is left of the chosen lines."))
    reason = StringField(_l("Reason"), [InputRequired(_l("Enter the reason.")), Length(max=LONGEST_REASON)])

    @classmethod
    def for_request(cls, names: dict[AccountRole, str], *, is_surplus: bool, bound: bool) -> "ClearingForm":
        """Return the form of shortages or of surpluses; *bound*: as it was sent."""
        prefix = "surplus-" if is_surplus else "shortage-"
        form: ClearingForm = cls(prefix=prefix) if bound else cls(None, prefix=prefix, data={"token": str(uuid7())})
        form.target.choices = [(role.value, names[role]) for role in targets(is_surplus=is_surplus)]
        return form

    def draft(self, lines: list[str], all_left: str, *, is_surplus: bool) -> ClearingDraft:
        """Return the clearing that was typed; *lines* are those chosen, each with what was seen to be left of it.

        *all_left*: all of them are, with so much left together.
        """
        return ClearingDraft(
            token=_uuid(self.token.data),
            is_surplus=is_surplus,
            seen={} if all_left else _seen(lines),
            all_left=parse_money(all_left) if all_left else None,
            target=AccountRole(self.target.data),
            reason=(self.reason.data or "").strip(),
            owed_by=(self.owed_by.data or "").strip(),
            amount=self.amount.data,
        )


def _seen(lines: list[str]) -> dict[int, Decimal]:
    pairs = [value.partition("=") for value in lines]
    # A number that no line has is of another page: it makes what was seen differ from what is left.
    return {number_or_none(line) or 0: parse_money(left or "0") for line, _, left in pairs}


def _uuid(typed: str | None) -> UUID:
    try:
        return UUID(typed or "")
    except ValueError:
        return uuid7()
