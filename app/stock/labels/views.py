"""Pages that print labels: choose rows and paper, get a PDF."""

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.identity.access import Permission, may
from app.kernel.errors import RuleBroken
from app.stock.labels.listings import bins_listing, packs_listing
from app.stock.labels.pdf import make_pdf
from app.stock.labels.queries import bins_to_print, count_rows, pack_labels, place_labels
from app.stock.labels.rules import MOST_LABELS, PAPERS, Label, Symbol, ensure_printable
from app.web.addresses import row_number
from app.web.exports import PDF, download
from app.web.listing import Listing, answer
from app.web.words import sentence

bp = Blueprint("labels", __name__)

MOST_COPIES = 100


@bp.get("/places")
@may(Permission.READ)
def places() -> Response:
    """Choose bins to print labels of."""
    return _page(bins_listing(db.session(), _chosen()), url_for("labels.places_pdf"), for_bins=True)


@bp.get("/items")
@may(Permission.READ)
def items() -> Response:
    """Choose packs to print labels of."""
    return _page(packs_listing(_chosen()), url_for("labels.items_pdf"), for_bins=False)


@bp.get("/places.pdf")
@may(Permission.READ)
def places_pdf() -> AnyResponse:
    """Print the chosen bins, or all that a warehouse or zone and a search leave."""
    session = db.session()
    within, words = request.args.get("within", type=row_number), request.args.get("q", "")
    bins = bins_to_print(session, _chosen(), within, words)
    return _pdf(
        count_rows(session, bins),
        lambda: place_labels(session, bins),
        gettext("Labels of bins"),
        url_for("labels.places", within=within, q=words or None),
    )


@bp.get("/items.pdf")
@may(Permission.READ)
def items_pdf() -> AnyResponse:
    """Print the chosen packs."""
    chosen = _chosen()
    return _pdf(
        len(chosen),
        lambda: pack_labels(db.session(), chosen),
        gettext("Labels of items"),
        url_for("labels.items"),
    )


def _chosen() -> set[int]:
    return {*request.args.getlist("id", type=row_number)}


def _number(name: str, least: int, most: int) -> int:
    return min(most, max(least, request.args.get(name, least, type=int)))


def _pdf(count: int, read: Callable[[], Sequence[Label]], title: str, back: str) -> AnyResponse:
    """Answer with the labels of *count* rows; what is too much for one file is not even read."""
    paper = PAPERS.get(request.args.get("paper", ""), PAPERS["a4-24"])
    symbol = Symbol.CODE_128 if request.args.get("symbol") == Symbol.CODE_128 else Symbol.QR
    copies = _number("copies", 1, MOST_COPIES)
    try:
        ensure_printable(count * copies)
        wanted = [label for label in read() for _ in range(copies)]
        ensure_printable(len(wanted))
    except RuleBroken as error:
        flash(sentence(error), "danger")
        return redirect(back, 303)
    content = make_pdf(wanted, paper, symbol, title, skip=_number("skip", 0, paper.a_page - 1))
    return download(content, f"{title}.pdf", PDF)


def _page(listing: Listing, action: str, *, for_bins: bool) -> Response:
    # With none ticked, what is printed is what was searched for.
    printed = {key: value for key in ("within", "q") if for_bins and (value := request.args.get(key))}
    return answer(
        db.session(),
        listing,
        "stock/labels.html",
        action=action,
        for_bins=for_bins,
        printed=printed,
        is_whole=True,
        papers=PAPERS,
        most=MOST_LABELS,
        list_class="pick-listing",
    )
