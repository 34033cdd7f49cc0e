"""The list of closed periods."""

from flask_babel import lazy_gettext as _l

from app.identity.models import User
from app.ledger.models import PeriodClosing
from app.ledger.queries import select_closings
from app.web.listing import Column, Listing

CLOSINGS = Listing(
    name="periods",
    title=_l("Closed periods"),
    statement=select_closings(),
    columns=(
        Column("until", _l("Closed up to"), "day", sort=PeriodClosing.until, is_title=True),
        Column("after_seq", _l("Last posting before"), "quantity", sort=PeriodClosing.after_seq),
        Column("name", _l("By"), sort=User.name),
        Column("at", _l("When"), "instant", sort=PeriodClosing.at),
    ),
    search=(User.name,),
    order=(PeriodClosing.until.desc(),),
    empty=_l("No period was closed yet. Close a month once its documents are in."),
)
