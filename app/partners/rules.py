"""What holds for partners before any database is asked."""

from collections.abc import Mapping

from msgspec import Struct, field
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.i18n import N_

LONGEST_TERMS = 3650
USUAL_TERMS = 30  # days until payment
LONGEST_NAME = 200
LONGEST_CODE = 40


class PartnerNameMissing(InvalidInput):
    """A partner without a name."""

    message = N_("Enter the partner's name.")


class RoleMissing(InvalidInput):
    """Neither supplier nor customer."""

    message = N_("Say whether this is a supplier, a customer or both.")


class CreditCodeWrong(InvalidInput):
    """No 统一社会信用代码."""

    message = N_("“%(code)s” is no valid unified social credit code: 18 characters, the last one checks the others.")


class CreditCodeTaken(RuleBroken):
    """Two partners would be one company."""

    message = N_("The credit code %(code)s belongs to %(partner)s already.")


class PartnerCodeTaken(RuleBroken):
    """Two partners would have one code."""

    message = N_("The code %(code)s belongs to partner %(partner)s already.")


class TermsWrong(InvalidInput):
    """Days until payment."""

    message = N_("Payment terms are a number of days from 0 to 3650.")


class PartnerTwice(InvalidInput):
    """Two rows of one file claim the same code."""

    message = N_("Partner code %(code)s stands in this file more than once.")


class PartnerNameTwice(InvalidInput):
    """Two rows of one file that nothing but their name tells apart."""

    message = N_("“%(name)s” stands in this file more than once: give each a code of its own.")


class PartnerKnown(RuleBroken):
    """The same partner once more, or another one: without a code nobody knows."""

    message = N_("There is a partner “%(name)s” already: give this row a code or a credit code of its own.")


class PartnerTextTooLong(InvalidInput):
    """Longer than the books carry."""

    message = N_("“%(text)s” is longer than %(longest)s characters.")


class NoSuchPartner(NotFound):
    """No partner with this id."""

    message = N_("There is no such partner.")


class PartnerDraft(Struct, frozen=True):
    """A partner as somebody typed or imported it; `code` empty takes the next free number."""

    name: str
    code: str = ""
    is_supplier: bool = False
    is_customer: bool = False
    credit_code: str = ""
    contact: str = ""
    phone: str = ""
    address: str = ""
    terms_days: int = USUAL_TERMS
    note: str = ""
    own_fields: Mapping[str, str] = field(default_factory=dict)


# Longest text of each field, as the table has them.
LENGTHS = {"name": LONGEST_NAME, "code": LONGEST_CODE, "contact": 80, "phone": 40, "address": 300, "note": 500}


def normal_credit_code(text: str) -> str | None:
    """Return the credit code in its one form, None where there is none. Errors: CreditCodeWrong."""
    compact = "".join(text.split()).upper()
    if not compact:
        return None
    try:
        return str(uscc.validate(compact))
    except ValidationError as error:
        raise CreditCodeWrong(code=text.strip()) from error


def ensure_partner(draft: PartnerDraft) -> None:
    """Refuse a partner that breaks a rule of its own.

    Errors: PartnerNameMissing, RoleMissing, CreditCodeWrong, TermsWrong, PartnerTextTooLong.
    """
    if not draft.name.strip():
        raise PartnerNameMissing
    if not (draft.is_supplier or draft.is_customer):
        raise RoleMissing
    if not 0 <= draft.terms_days <= LONGEST_TERMS:
        raise TermsWrong
    for name, longest in LENGTHS.items():
        words: str = getattr(draft, name)
        if len(words) > longest:
            raise PartnerTextTooLong(text=f"{words[:30]}…", longest=longest)
    normal_credit_code(draft.credit_code)
