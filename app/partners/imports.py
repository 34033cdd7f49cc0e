"""Partners from a spreadsheet."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.company.queries import list_fields
from app.company.rules import Field as OwnField
from app.company.rules import FieldSubject
from app.identity.rules import Permission
from app.imports.cells import CellReader
from app.imports.kinds import Applying, Cells, ReadRow
from app.imports.rules import Field, is_yes
from app.kernel.errors import RuleBroken
from app.kernel.exact import parse_whole
from app.kernel.i18n import N_
from app.partners.rules import USUAL_TERMS, PartnerDraft
from app.partners.service import add_partners, check_partners

SUPPLIER_WORDS = frozenset({"供应商", "供货商", "供方", "厂家", "厂商", "supplier", "vendor"})
CUSTOMER_WORDS = frozenset({"客户", "顾客", "会员", "customer"})
BOTH_WORDS = frozenset({"两者", "客户/供应商", "供应商/客户", "往来单位", "both"})


class PartnerImport:
    """The import kind `partners`, and the kinds whose file is all suppliers or all customers and need not say so."""

    permission = Permission.EDIT_PARTNERS
    subject = FieldSubject.PARTNER
    take_back = None
    fields: Sequence[Field] = (
        Field(
            "name",
            N_("Partner name"),
            ("往来单位名称", "单位名称", "名称", "供应商名称", "客户名称", "name", "company", "company name"),
            is_required=True,
        ),
        Field("code", N_("Partner code"), ("往来单位编号", "编号", "编码", "code", "id", "customer id", "supplier id")),
        Field("role", N_("Role"), ("类型", "单位类型", "往来类型", "type")),
        Field("is_supplier", N_("Is a supplier"), ("是供应商", "supplier")),
        Field("is_customer", N_("Is a customer"), ("是客户", "customer")),
        Field(
            "credit_code",
            N_("Unified social credit code"),
            ("统一社会信用代码", "信用代码", "税号", "纳税人识别号", "tax number"),
        ),
        Field("contact", N_("Contact"), ("联系人", "contact name")),
        Field("phone", N_("Phone"), ("电话", "手机", "联系电话")),
        Field("address", N_("Address"), ("地址", "详细地址")),
        Field("terms_days", N_("Payment terms (days)"), ("账期", "账期天数", "付款天数", "terms", "terms days")),
        Field("note", N_("Note"), ("备注", "说明", "remark")),
    )

    def __init__(self, key: str, title: str, *, is_supplier: bool = False, is_customer: bool = False) -> None:
        self.key = key
        self.title = title
        self._is_supplier, self._is_customer = is_supplier, is_customer

    def read(self, session: Session, rows: Sequence[Cells]) -> Sequence[ReadRow]:
        """Return the partners, with what is wrong, doubled or taken named."""
        added = list_fields(session, self.subject)
        read = [self._read(cells, added) for cells in rows]
        known = check_partners(session, [draft for draft, _ in read])
        return [ReadRow(draft, [*own, *others]) for (draft, own), others in zip(read, known, strict=True)]

    def apply(self, session: Session, drafts: Sequence[PartnerDraft], how: Applying) -> None:
        """Add the partners."""
        del how  # partners are no ledger fact
        add_partners(session, drafts)

    def _read(self, cells: Cells, added: Sequence[OwnField]) -> tuple[PartnerDraft, list[RuleBroken]]:
        cell = CellReader(cells)
        role = cell.text("role").casefold()
        draft = PartnerDraft(
            name=cell.text("name"),
            code=cell.text("code"),
            is_supplier=role in SUPPLIER_WORDS | BOTH_WORDS or cell.read("is_supplier", is_yes, self._is_supplier),
            is_customer=role in CUSTOMER_WORDS | BOTH_WORDS or cell.read("is_customer", is_yes, self._is_customer),
            credit_code=cell.text("credit_code"),
            contact=cell.text("contact"),
            phone=cell.text("phone"),
            address=cell.text("address"),
            terms_days=cell.read("terms_days", parse_whole, USUAL_TERMS),
            note=cell.text("note"),
            own_fields=cell.own_fields(added),
        )
        return draft, cell.problems


def partner_kinds() -> tuple[PartnerImport, PartnerImport, PartnerImport]:
    """Return the import kinds of this module."""
    return (
        PartnerImport("partners", N_("Partners")),
        PartnerImport("suppliers", N_("Suppliers"), is_supplier=True),
        PartnerImport("customers", N_("Customers"), is_customer=True),
    )
