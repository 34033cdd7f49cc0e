"""What was owed and what money there was before the system: receivables, payables and cash, from spreadsheets.

Law: an import is one posting; each row of a partner is an open item of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.company.queries import find_company
from app.company.rules import ACCOUNTS, AccountRole
from app.identity.rules import Permission
from app.imports.cells import CellReader
from app.imports.kinds import Applying, Cells, ReadRow
from app.imports.rules import Field
from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.exact import ZERO, parse_money, plain
from app.kernel.i18n import N_
from app.ledger.facts import EntryFact
from app.ledger.models import Entry, Posting
from app.ledger.openings import OPENING, parse_day, still_stands, take_back_opening
from app.ledger.service import post
from app.partners.models import Partner

Opened = tuple[int | None, Decimal, date | None]  # partner, amount, due date


class PartnerUnknown(InvalidInput):
    """No such partner."""

    message = N_("No partner has the code or name “%(name)s”.")


class AmountWrong(InvalidInput):
    """An opening balance is above zero."""

    message = N_("The amount must be above 0.")


class OwedBefore(RuleBroken):
    """The same balance once more: a file that comes a second time doubles nothing."""

    message = N_("%(partner)s has this opening balance already: %(amount)s.")


class HeldBefore(RuleBroken):
    """The same money once more."""

    message = N_("Account %(account)s has an opening balance of %(amount)s already.")


class AccountUnknown(InvalidInput):
    """Neither cash nor bank."""

    message = N_("“%(text)s” is neither cash (1001) nor bank (1002).")


class OpeningBalance:
    """The import kinds of what partners owed us or we owed them."""

    subject = None
    take_back = staticmethod(take_back_opening)

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
        opened = _find_opened(session, self._role)
        return [self._read(CellReader(cells), partners, opened) for cells in rows]

    def apply(self, session: Session, drafts: Sequence[EntryFact], how: Applying) -> None:
        """Post the entries against the opening account."""
        _post(session, drafts, how)

    def _read(self, cell: CellReader, partners: Mapping[str, int], opened: AbstractSet[Opened]) -> ReadRow:
        partner = partners.get(cell.text("partner").casefold())
        amount, due = cell.read("amount", parse_money, ZERO), cell.read("due", parse_day, None)
        if partner is None:
            cell.problems.append(PartnerUnknown(name=cell.text("partner")))
        if amount <= 0 and not cell.problems:
            cell.problems.append(AmountWrong())
        if (partner, amount, due) in opened:
            cell.problems.append(OwedBefore(partner=cell.text("partner"), amount=plain(amount)))
        debit, credit = (amount, ZERO) if self._role == AccountRole.RECEIVABLE else (ZERO, amount)
        return ReadRow(EntryFact(self._role, debit, credit, partner, due), cell.problems)


class OpeningCash:
    """The import kind `opening-cash`."""

    key = "opening-cash"
    title = N_("Opening cash and bank")
    permission = Permission.MONEY
    subject = None
    take_back = staticmethod(take_back_opening)
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
        opened = {role: _find_opened(session, role) for role in (AccountRole.CASH, AccountRole.BANK)}
        return [self._read(CellReader(cells), opened) for cells in rows]

    def apply(self, session: Session, drafts: Sequence[EntryFact], how: Applying) -> None:
        """Post the amounts against the opening account."""
        _post(session, drafts, how)

    def _read(self, cell: CellReader, opened: Mapping[AccountRole, AbstractSet[Opened]]) -> ReadRow:
        role = self.words.get(cell.text("account").casefold())
        amount = cell.read("amount", parse_money, ZERO)
        if role is None:
            cell.problems.append(AccountUnknown(text=cell.text("account")))
        if amount <= 0 and not cell.problems:
            cell.problems.append(AmountWrong())
        if role and (None, amount, None) in opened[role]:
            cell.problems.append(HeldBefore(account=cell.text("account"), amount=plain(amount)))
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
    post(session, OPENING, how.key, entries=[*entries, against], by=how.by, effective_on=how.day, now=how.now)


def _find_opened(session: Session, role: AccountRole) -> set[Opened]:
    """Return the opening balances on the account of *role* that stand in the books, with and without their due date."""
    company = find_company(session)
    if company is None:
        return set()
    rows = session.execute(
        select(Entry.partner_id, Entry.debit + Entry.credit, Entry.due_on)
        .join(Posting, Posting.seq == Entry.posting_seq)
        .where(Posting.kind == OPENING, still_stands(), Entry.account == ACCOUNTS[company.chart][role])
    ).all()
    return {(partner, amount, day) for partner, amount, due in rows for day in (due, None)}


def _find_partners(session: Session, rows: Sequence[Cells]) -> dict[str, int]:
    """Return the partners by code and by name, case-folded; a name that two partners share names neither."""
    known = session.execute(select(Partner.id, Partner.code, Partner.name)).all() if rows else []
    names = Counter(row.name.casefold() for row in known)
    by_name = {row.name.casefold(): row.id for row in known if names[row.name.casefold()] == 1}
    return by_name | {row.code.casefold(): row.id for row in known}
