"""What people type about themselves and each other; the rules are checked in rules.py and by the service."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from app.identity.rules import PASSWORD_MAX, PASSWORD_MIN, ROLE_DUTIES, ROLE_NAMES, Role
from app.web.fields import Form
from app.web.words import LOCALES

THEMES = (
    SelectChoice("auto", _l("Like the device")),
    SelectChoice("light", _l("Light")),
    SelectChoice("dark", _l("Dark")),
)
LANGUAGES = (SelectChoice("", _l("Like the browser")), *(SelectChoice(code, name) for code, name in LOCALES.items()))
_NEW = {"autocomplete": "new-password"}
_PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


def _new_password(label: object) -> PasswordField:
    return PasswordField(
        label,
        [InputRequired(), Length(PASSWORD_MIN, PASSWORD_MAX)],
        description=_l("At least %(length)s characters", length=PASSWORD_MIN),
        render_kw=_NEW,
    )


def _roles() -> SelectMultipleField:
    return SelectMultipleField(
        _l("Roles"), choices=[SelectChoice(role.value, _l(name)) for role, name in ROLE_NAMES.items()]
    )


class SignInForm(Form):
    """Login and password, and where to go afterwards."""

    next = HiddenField()
    login = StringField(_l("Login"), [InputRequired(), Length(max=60)], render_kw=_PLAIN | {"autocomplete": "username"})
    password = PasswordField(
        _l("Password"),
        [InputRequired(), Length(max=PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )


class PreferencesForm(Form):
    """One's own language and light."""

    locale = SelectField(_l("Language"), choices=LANGUAGES)
    theme = SelectField(_l("Appearance"), choices=THEMES)


class OwnPasswordForm(Form):
    """The present password and the new one, twice; and where to go afterwards."""

    next = HiddenField()
    present = PasswordField(_l("Current password"), [InputRequired()], render_kw={"autocomplete": "current-password"})
    new = _new_password(_l("New password"))
    again = PasswordField(
        _l("New password again"),
        [InputRequired(), EqualTo("new", _l("The two new passwords differ."))],
        render_kw=_NEW,
    )


class UserForm(Form):
    """Name and roles of a user."""

    name = StringField(_l("Name"), [DataRequired(), Length(max=80)])
    roles = _roles()

    def chosen_roles(self) -> frozenset[Role]:
        """Return the roles ticked."""
        return frozenset(Role(value) for value in self.roles.data or ())

    def role_rows(self) -> list[tuple[str, str, str, bool]]:
        """Return (value, name, duties, ticked) of every role."""
        ticked = set(self.roles.data or ())
        return [(role.value, ROLE_NAMES[role], ROLE_DUTIES[role], role.value in ticked) for role in Role]


class NewUserForm(UserForm):
    """A new user with the first password."""

    login = StringField(
        _l("Login"),
        [InputRequired(), Length(max=60)],
        description=_l("Letters, digits and . _ - @ +"),
        render_kw=_PLAIN | {"autocomplete": "off"},
    )
    password = _new_password(_l("First password"))


class ResetPasswordForm(Form):
    """A new password for somebody else."""

    password = _new_password(_l("New password"))


class DeviceForm(Form):
    """The name of a device."""

    name = StringField(_l("Name"), [Length(max=120)])
