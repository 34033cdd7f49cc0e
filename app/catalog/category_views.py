"""Pages of the tree of categories."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.catalog import categories as service
from app.catalog.forms import CategoryForm
from app.catalog.queries import below, list_categories
from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import NotFound, RuleBroken
from app.web.words import sentence

bp = Blueprint("categories", __name__)


@bp.get("/")
@may(Permission.EDIT_ITEMS)
def tree() -> Response:
    """Show the tree of categories with a form for one more."""
    return _tree_page(_new_form())


@bp.post("/")
@may(Permission.EDIT_ITEMS)
def add_category() -> AnyResponse:
    """Add a category."""
    form = _new_form()
    if not form.validate():
        return _tree_page(form, status=400)
    try:
        with transaction() as session:
            service.add_category(session, form.name.data, form.parent_id.data or None, current_user.id, utc_now())
    except RuleBroken as error:
        return _tree_page(form, sentence(error), error.status)
    return redirect(url_for("categories.tree"), 303)


@bp.get("/<int:category_id>")
@may(Permission.EDIT_ITEMS)
def category(category_id: int) -> Response:
    """Show a category's form."""
    return _category_page(category_id, _edit_form(category_id))


@bp.post("/<int:category_id>")
@may(Permission.EDIT_ITEMS)
def save_category(category_id: int) -> AnyResponse:
    """Rename a category or put it elsewhere."""
    form = _edit_form(category_id)
    if not form.validate():
        return _category_page(category_id, form, status=400)
    try:
        with transaction() as session:
            service.edit_category(
                session, category_id, form.name.data, form.parent_id.data or None, current_user.id, utc_now()
            )
    except RuleBroken as error:
        return _category_page(category_id, form, sentence(error), error.status)
    return redirect(url_for("categories.tree"), 303)


@bp.post("/<int:category_id>/remove")
@may(Permission.EDIT_ITEMS)
def remove_category(category_id: int) -> AnyResponse:
    """Remove an empty category."""
    try:
        with transaction() as session:
            service.remove_category(session, category_id, current_user.id, utc_now())
    except RuleBroken as error:
        flash(sentence(error), "danger")
        return redirect(url_for("categories.category", category_id=category_id), 303)
    return redirect(url_for("categories.tree"), 303)


def _new_form() -> CategoryForm:
    return CategoryForm().offer(list_categories(db.session()))


def _edit_form(category_id: int) -> CategoryForm:
    nodes = list_categories(db.session())
    node = next((node for node in nodes if node.id == category_id), None)
    if node is None:
        raise NotFound
    inside = below(nodes, category_id)
    form = CategoryForm(data={"name": node.name, "parent_id": node.parent_id or 0})
    return form.offer([node for node in nodes if node.id not in inside])


def _tree_page(form: CategoryForm, problem: str | None = None, status: int = 200) -> Response:
    nodes = list_categories(db.session())
    title = gettext("Categories")
    page = render_template("catalog/categories.html", title=title, nodes=nodes, form=form, problem=problem)
    return make_response(page, status)


def _category_page(category_id: int, form: CategoryForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template(
        "catalog/category.html", title=gettext("Category"), category_id=category_id, form=form, problem=problem
    )
    return make_response(page, status)
