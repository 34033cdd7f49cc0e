"""What people type about a line: words, photos, and on the counters' own page which goods they mean."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.kernel.ids import uuid7
from app.stocktake.notes.rules import LONGEST_NOTE
from app.web.fields import Form

_AS_SCANNED = {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}


class NoteForm(Form):
    """A note about a line."""

    token = HiddenField()
    text = TextAreaField(_l("Note"), [Length(max=LONGEST_NOTE)], render_kw={"rows": 2})
    photos = MultipleFileField(_l("Photos"), render_kw={"accept": "image/*"})

    @classmethod
    def fresh(cls) -> "NoteForm":
        """Return an empty form with a token of its own."""
        return cls(None, data={"token": str(uuid7())})

    @property
    def note_token(self) -> UUID:
        """The token that the page made; a page that sent none is taken for a new note."""
        try:
            return UUID(self.token.data or "")
        except ValueError:
            return uuid7()


class PlaceNoteForm(NoteForm):
    """A note about a bin or goods in it, named by the codes on their labels."""

    bin = StringField(_l("Bin"), [InputRequired(_l("Enter the bin.")), Length(max=60)], render_kw=_AS_SCANNED)
    item = StringField(
        _l("Item code or barcode"),
        [Length(max=120)],
        description=_l("Empty: the note is about the whole bin."),
        render_kw=_AS_SCANNED,
    )
