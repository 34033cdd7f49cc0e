"""Pages that print labels: choose rows and paper, get a PDF."""

from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.identity.access import Permission, may
from app.kernel.errors import RuleBroken
from app.places.queries import Branch, list_tree
from app.stock.labels.pdf import make_pdf
from app.stock.labels.queries import Choice, pack_choices, pack_labels, place_choices, place_labels
from app.stock.labels.rules import PAPERS, Label, Symbol, ensure_printable
from app.web.exports import download
from app.web.words import sentence

bp = Blueprint("labels", __name__)

PDF = "application/pdf"
SHOWN = 200
MOST_COPIES = 100


@bp.get("/places")
@may(Permission.READ)
def places() -> Response:
    """Choose bins to print labels of."""
    session = db.session()
    within = request.args.get("within", type=int)
    branches = [(zone.place.id, zone.place.code, depth) for zone, depth in _walk(list_tree(session), 0)]
    rows = place_choices(session, within)
    return _page(
        gettext("Labels of bins"), url_for("labels.places_pdf"), rows, branches=branches, within=within, for_bins=True
    )


@bp.get("/items")
@may(Permission.READ)
def items() -> Response:
    """Choose packs to print labels of."""
    words = request.args.get("q", "").strip()
    rows = pack_choices(db.session(), words, SHOWN)
    return _page(gettext("Labels of items"), url_for("labels.items_pdf"), rows, words=words)


@bp.get("/places.pdf")
@may(Permission.READ)
def places_pdf() -> AnyResponse:
    """Print the chosen bins, or all within a warehouse or zone."""
    labels = place_labels(db.session(), _chosen(), request.args.get("within", type=int))
    return _pdf(labels, gettext("Labels of bins"), url_for("labels.places"))


@bp.get("/items.pdf")
@may(Permission.READ)
def items_pdf() -> AnyResponse:
    """Print the chosen packs."""
    return _pdf(pack_labels(db.session(), _chosen()), gettext("Labels of items"), url_for("labels.items"))


def _walk(branches: Sequence[Branch], depth: int) -> Iterator[tuple[Branch, int]]:
    for branch in branches:
        yield branch, depth
        yield from _walk(branch.zones, depth + 1)


def _chosen() -> list[int]:
    return request.args.getlist("id", type=int)


def _number(name: str, least: int, most: int) -> int:
    return min(most, max(least, request.args.get(name, least, type=int)))


def _pdf(labels: Sequence[Label], title: str, back: str) -> AnyResponse:
    paper = PAPERS.get(request.args.get("paper", ""), PAPERS["a4-24"])
    symbol = Symbol.CODE_128 if request.args.get("symbol") == Symbol.CODE_128 else Symbol.QR
    copies = _number("copies", 1, MOST_COPIES)
    wanted = [label for label in labels for _ in range(copies)]
    try:
        ensure_printable(len(wanted))
    except RuleBroken as error:
        flash(sentence(error), "danger")
        return redirect(back, 303)
    content = make_pdf(wanted, paper, symbol, title, skip=_number("skip", 0, paper.a_page - 1))
    return download(content, f"{title}.pdf", PDF)


def _page(title: str, action: str, rows: Sequence[Choice], **context: object) -> Response:
    page = render_template(
        "stock/labels.html",
        title=title,
        action=action,
        rows=rows[:SHOWN],
        more=max(0, len(rows) - SHOWN),
        chosen=set(_chosen()),
        papers=PAPERS,
        **context,
    )
    return make_response(page)
