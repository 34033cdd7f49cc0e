"""What the audit trail calls the commands on the company."""

from app.company.rules import CHART_NAMES, KIND_NAMES, SUBJECT_NAMES, TAX_STATUS_NAMES
from app.kernel.i18n import N_

ACTIONS: dict[str, str] = {
    "company.set_up": N_("Company set up"),
    "company.edit": N_("Settings changed"),
    "own_field.add": N_("Own field added"),
    "own_field.edit": N_("Own field changed"),
    "own_field.retire": N_("Own field retired"),
    "own_field.restore": N_("Own field brought back"),
}
SUBJECTS: dict[str, str] = {"company": N_("Company"), "own_field": N_("Own field")}
WORDS: dict[str, str] = {
    "tax_status": N_("VAT status"),
    "time_zone": N_("Time zone"),
    "locale": N_("Language of documents"),
    "one_person": N_("Company of one person"),
    "bill_with_goods": N_("The bill comes with the goods"),
    "http_full": N_("Full use over plain HTTP"),
    "spot_quantity": N_("Spot counts: pieces"),
    "spot_percent": N_("Spot counts: percent of the book quantity"),
    "spot_value": N_("Spot counts: value at cost"),
    "chart": N_("Accounting standard"),
    "currency": N_("Currency"),
    "subject": N_("For"),
    "kind": N_("Kind"),
    "choices": N_("Choices"),
    "zh": N_("Chinese"),
    "en": N_("English"),
    **{chart.value: name for chart, name in CHART_NAMES.items()},
    **{status.value: name for status, name in TAX_STATUS_NAMES.items()},
    **{subject.value: name for subject, name in SUBJECT_NAMES.items()},
    **{kind.value: name for kind, name in KIND_NAMES.items()},
}
