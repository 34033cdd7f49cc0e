"""Commands on the tree of categories."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalog.models import Category, Item
from app.catalog.queries import below, list_categories
from app.catalog.rules import CategoryInUse, CategoryLoop, CategoryTaken, NameMissing
from app.identity.audit import audit, changes
from app.kernel.errors import NotFound
from app.kernel.text import one_line


def add_category(session: Session, name: str, parent_id: int | None, by: int, now: datetime) -> Category:
    """Add a category. Errors: NameMissing, CategoryTaken."""
    category = Category(name=_named(name), parent_id=parent_id)
    _keep(session, category)
    audit(session, by, "category.add", f"category:{category.id}", _facts(category), now)
    return category


def edit_category(
    session: Session, category_id: int, name: str, parent_id: int | None, by: int, now: datetime
) -> Category:
    """Rename a category or put it elsewhere. Errors: NotFound, NameMissing, CategoryLoop, CategoryTaken."""
    category = _get(session, category_id)
    if parent_id is not None and parent_id in below(list_categories(session), category_id):
        raise CategoryLoop
    before = _facts(category)
    category.name, category.parent_id = _named(name), parent_id
    _keep(session, category)
    if changed := changes(before, _facts(category)):
        audit(session, by, "category.edit", f"category:{category_id}", changed, now)
    return category


def remove_category(session: Session, category_id: int, by: int, now: datetime) -> None:
    """Remove an empty category. Errors: NotFound, CategoryInUse."""
    category = _get(session, category_id)
    uses = (exists().where(Item.category_id == category_id), exists().where(Category.parent_id == category_id))
    if any(session.scalar(select(use)) for use in uses):
        raise CategoryInUse(name=category.name)
    audit(session, by, "category.remove", f"category:{category_id}", _facts(category), now)
    session.delete(category)


def _facts(category: Category) -> dict[str, object]:
    return {"name": category.name, "parent": category.parent_id}


def _get(session: Session, category_id: int) -> Category:
    category = session.get(Category, category_id)
    if category is None:
        raise NotFound
    return category


def _named(name: str) -> str:
    if not one_line(name):
        raise NameMissing
    return one_line(name)


def _keep(session: Session, category: Category) -> None:
    name = category.name
    try:
        with session.begin_nested():
            session.add(category)
            session.flush()
    except IntegrityError as error:
        raise CategoryTaken(name=name) from error
