"""What an owner types about the company."""

from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from app.company.rules import (
    CHART_NAMES,
    KIND_NAMES,
    SUBJECT_NAMES,
    TAX_STATUS_NAMES,
    Chart,
    FieldKind,
    FieldSubject,
    Settings,
    SetUp,
    TaxStatus,
)
from app.identity.rules import PASSWORD_MAX, PASSWORD_MIN
from app.web.fields import Form, MoneyField, QuantityField
from app.web.words import LOCALES

_AT_LEAST_0 = NumberRange(min=0, message=_l("Not below 0."))
CURRENCIES = ("CNY", "HKD", "MOP", "TWD", "USD", "EUR", "GBP", "JPY", "KRW", "SGD", "THB", "VND", "MYR", "AUD")
COMMON_ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "UTC")


_NO_PLACES = {"Factory", "localtime", "posixrules"}  # files that some systems keep among the zones


def _time_zones() -> list[str]:
    return [*COMMON_ZONES, *sorted(available_timezones() - _NO_PLACES - set(COMMON_ZONES))]


class _SettingsFields(Form):
    """What may change at any time."""

    name = StringField(
        _l("Company name"), [DataRequired(), Length(max=200)], render_kw={"autocomplete": "organization"}
    )
    tax_status = RadioField(
        _l("VAT status"),
        choices=[SelectChoice(status.value, _l(name)) for status, name in TAX_STATUS_NAMES.items()],
        default=TaxStatus.GENERAL.value,
    )
    locale = SelectField(
        _l("Language of documents"), choices=[SelectChoice(code, name) for code, name in LOCALES.items()]
    )
    time_zone = SelectField(_l("Time zone"), choices=_time_zones, default="Asia/Shanghai")
    one_person = BooleanField(
        _l("Company of one person"),
        description=_l("One and the same person may count, recount and approve; the audit trail says so each time."),
    )


class SetUpForm(_SettingsFields):
    """The set-up page: the company and its owner."""

    token = HiddenField()
    chart = RadioField(
        _l("Accounting standard"),
        choices=[SelectChoice(chart.value, _l(name)) for chart, name in CHART_NAMES.items()],
        default=Chart.SMALL.value,
    )
    currency = SelectField(_l("Currency"), choices=CURRENCIES, default="CNY")
    owner_name = StringField(_l("Your name"), [DataRequired(), Length(max=80)], render_kw={"autocomplete": "name"})
    owner_login = StringField(
        _l("Login"),
        [DataRequired(), Length(max=60)],
        description=_l("Letters, digits and . _ - @ +"),
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    owner_password = PasswordField(
        _l("Password"),
        [DataRequired(), Length(PASSWORD_MIN, PASSWORD_MAX)],
        description=_l("At least %(length)s characters", length=PASSWORD_MIN),
        render_kw={"autocomplete": "new-password"},
    )

    def facts(self) -> SetUp:
        """Return what was chosen."""
        settings = Settings(
            name=self.name.data.strip(),
            tax_status=TaxStatus(self.tax_status.data),
            time_zone=self.time_zone.data,
            locale=self.locale.data,
            one_person=self.one_person.data,
        )
        return SetUp(settings, Chart(self.chart.data), self.currency.data)


class SettingsForm(_SettingsFields):
    """The settings page."""

    bill_with_goods = BooleanField(
        _l("The bill comes with the goods"),
        description=_l(
            "A goods receipt books what is owed with its tax at once; "
            "switched off, it is accrued (暂估) until the invoice comes."
        ),
    )
    http_full = BooleanField(
        _l("Full use over plain HTTP"),
        description=_l(
            "Passwords then cross the network in the clear, and phones open no camera. For a network you trust alone."
        ),
    )

    spot_quantity = QuantityField(_l("Pieces"), [Optional(), _AT_LEAST_0])
    spot_percent = MoneyField(_l("Percent of the book quantity"), [Optional(), _AT_LEAST_0])
    spot_value = MoneyField(_l("Value at cost"), [Optional(), _AT_LEAST_0])

    def settings(self) -> Settings:
        """Return what was chosen."""
        return Settings(
            name=self.name.data.strip(),
            tax_status=TaxStatus(self.tax_status.data),
            time_zone=self.time_zone.data,
            locale=self.locale.data,
            one_person=self.one_person.data,
            bill_with_goods=self.bill_with_goods.data,
            http_full=self.http_full.data,
            spot_quantity=self.spot_quantity.data,
            spot_percent=self.spot_percent.data,
            spot_value=self.spot_value.data,
        )


class FieldForm(Form):
    """An own field's name and, for a choice, what it offers."""

    name = StringField(_l("Name"), [DataRequired(), Length(max=40)])
    choices = TextAreaField(
        _l("Choices"), [Length(max=500)], description=_l("For the kind “Choice”: one a line"), render_kw={"rows": 4}
    )


class NewFieldForm(FieldForm):
    """A new own field."""

    subject = SelectField(
        _l("For"),
        choices=[SelectChoice(subject.value, _l(name)) for subject, name in SUBJECT_NAMES.items()],
        default=FieldSubject.ITEM.value,
    )
    kind = SelectField(
        _l("Kind"),
        choices=[SelectChoice(kind.value, _l(name)) for kind, name in KIND_NAMES.items()],
        default=FieldKind.TEXT.value,
    )
