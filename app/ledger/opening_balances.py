"""What was owed and what money there was before the system: receivables, payables and cash, from spreadsheets.

Law: an import is one posting; each row of a partner is an open item of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.company.rules import AccountRole
from app.identity.rules import Permission
from app.imports.cells import CellReader
from app.imports.kinds import Applying, Cells, ReadRow
from app.imports.rules import Field
from app.kernel.errors import InvalidInput
from app.kernel.exact import ZERO, parse_money
from app.kernel.i18n import N_
from app.ledger.facts import EntryFact
from app.ledger.openings import parse_day
from app.ledger.service import post
from app.partners.models import Partner


class PartnerUnknown(InvalidInput):
    """No such partner."""

    message = N_("No partner has the code or name “%(name)s”.")


class AmountWrong(InvalidInput):
    """An opening balance is above zero."""

    message = N_("The amount must be above 0.")


class AccountUnknown(InvalidInput):
    """Neither cash nor bank."""

    message = N_("“%(text)s” is neither cash (1001) nor bank (1002).")


class OpeningBalance:
    """The import kinds of what partners owed us or we owed them."""

    def __init__(self, key: str, title: str, role: AccountRole) -> None:
        self.key = key
        self.title = title
        self.permission = Permission.MONEY
        self._role = role
        self.fields: Sequence[Field] = (
            Field(
                "partner",
                N_("Partner code or name"),
                ("往来单位", "单位名称", "客户", "供应商", "客户名称", "供应商名称", "name", "partner"),
                is_required=True,
            ),
            Field("amount", N_("Amount"), ("金额", "余额", "应收", "应付", "balance"), is_required=True),
            Field("due", N_("Due date"), ("到期日", "应收日期", "应付日期", "due", "due date")),
        )

    def read(self, session: Session, rows: Sequence[Cells]) -> Sequence[ReadRow]:
        """Return one entry a row, so that each is an open item, with every slip named."""
        partners = _find_partners(session, rows)
        return [self._read(CellReader(cells), partners) for cells in rows]

    def apply(self, session: Session, drafts: Sequence[EntryFact], how: Applying) -> None:
        """Post the entries against the opening account."""
        _post(session, drafts, how)

    def _read(self, cell: CellReader, partners: Mapping[str, int]) -> ReadRow:
        partner = partners.get(cell.text("partner").casefold())
        amount, due = cell.read("amount", parse_money, ZERO), cell.read("due", parse_day, None)
        if partner is None:
            cell.problems.append(PartnerUnknown(name=cell.text("partner")))
        if amount <= 0 and not cell.problems:
            cell.problems.append(AmountWrong())
        debit, credit = (amount, ZERO) if self._role == AccountRole.RECEIVABLE else (ZERO, amount)
        return ReadRow(EntryFact(self._role, debit, credit, partner, due), cell.problems)


class OpeningCash:
    """The import kind `opening-cash`."""

    key = "opening-cash"
    title = N_("Opening cash and bank")
    permission = Permission.MONEY
    fields: Sequence[Field] = (
        Field("account", N_("Cash or bank"), ("账户", "科目", "类型", "account"), is_required=True),
        Field("amount", N_("Amount"), ("金额", "余额", "balance"), is_required=True),
    )
    words: Mapping[str, AccountRole] = {
        **dict.fromkeys(("1001", "cash", "现金", "库存现金"), AccountRole.CASH),
        **dict.fromkeys(("1002", "bank", "银行", "银行存款"), AccountRole.BANK),
    }

    def read(self, session: Session, rows: Sequence[Cells]) -> Sequence[ReadRow]:
        """Return the entries, with every slip named."""
        del session  # nothing in the books matters here
        return [self._read(CellReader(cells)) for cells in rows]

    def apply(self, session: Session, drafts: Sequence[EntryFact], how: Applying) -> None:
        """Post the amounts against the opening account."""
        _post(session, drafts, how)

    def _read(self, cell: CellReader) -> ReadRow:
        role = self.words.get(cell.text("account").casefold())
        amount = cell.read("amount", parse_money, ZERO)
        if role is None:
            cell.problems.append(AccountUnknown(text=cell.text("account")))
        if amount <= 0 and not cell.problems:
            cell.problems.append(AmountWrong())
        return ReadRow(EntryFact(role or AccountRole.CASH, debit=amount), cell.problems)


def balance_kinds() -> tuple[OpeningBalance, OpeningBalance, OpeningCash]:
    """Return the import kinds of this module."""
    return (
        OpeningBalance("opening-receivables", N_("Opening receivables"), AccountRole.RECEIVABLE),
        OpeningBalance("opening-payables", N_("Opening payables"), AccountRole.PAYABLE),
        OpeningCash(),
    )


def _post(session: Session, entries: Sequence[EntryFact], how: Applying) -> None:
    total = sum((entry.debit - entry.credit for entry in entries), ZERO)
    against = EntryFact(AccountRole.OPENING, debit=max(-total, ZERO), credit=max(total, ZERO))
    post(session, "opening", how.key, entries=[*entries, against], by=how.by, effective_on=how.day, now=how.now)


def _find_partners(session: Session, rows: Sequence[Cells]) -> dict[str, int]:
    """Return the partners by code and by name, case-folded; a name that two partners share names neither."""
    known = session.execute(select(Partner.id, Partner.code, Partner.name)).all() if rows else []
    names = Counter(row.name.casefold() for row in known)
    by_name = {row.name.casefold(): row.id for row in known if names[row.name.casefold()] == 1}
    return by_name | {row.code.casefold(): row.id for row in known}
