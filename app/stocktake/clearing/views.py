"""Pages of clearing: which stocktakes left something on 1901, one of them line by line, and the commands."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.company.listings import account_name
from app.company.queries import find_accounts, get_account, get_company
from app.company.rules import ACCOUNTS, AccountRole
from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.exact import ZERO
from app.kernel.i18n import N_
from app.ledger.queries import account_balance
from app.stocktake.clearing import service
from app.stocktake.clearing.forms import ClearingForm
from app.stocktake.clearing.listings import clearings_listing
from app.stocktake.clearing.queries import count_uncleared, list_balances, list_clearings, list_names
from app.stocktake.clearing.rules import SHORTAGE_TARGETS, SURPLUS_TARGETS, LineBalance
from app.stocktake.queries import get_stocktake
from app.stocktake.rules import StocktakeState
from app.stocktake.views import bp
from app.web.listing import answer
from app.web.start import Card
from app.web.words import sentence

SURPLUS, SHORTAGE = "surplus", "shortage"
SHOWN = 200  # lines of one side on a page


class NoLineChosen(InvalidInput):
    """A clearing of nothing."""

    message = N_("Choose at least one line.")


@bp.get("/clearing")
@may(Permission.MONEY)
def clearings() -> Response:
    """List the posted stocktakes with what they left on 1901."""
    session = db.session()
    code = _loss_account(session)
    return answer(
        session,
        clearings_listing(),
        "stocktake/clearings.html",
        account=get_account(session, code),
        account_name=account_name,
        balance=account_balance(session, code),
    )


def _loss_account(session: Session) -> str:
    return ACCOUNTS[get_company(session).chart][AccountRole.LOSS]


@bp.get("/<int:stocktake_id>/clearing")
@may(Permission.MONEY)
def clearing(stocktake_id: int) -> Response:
    """Show what each line of a posted stocktake has on 1901, and what was cleared."""
    return _page(stocktake_id)


@bp.post("/<int:stocktake_id>/clearing/<any(shortage, surplus):side>")
@may(Permission.MONEY)
def clear(stocktake_id: int, side: str) -> AnyResponse:
    """Clear the chosen lines."""
    is_surplus = side == SURPLUS
    form = ClearingForm.for_request(_account_names(db.session()), is_surplus=is_surplus, bound=True)
    if not form.validate():
        return _page(stocktake_id, side, form)

    def command(session: Session) -> None:
        lines, all_left = request.form.getlist("line"), request.form.get("all", "")
        if not lines and not all_left:
            raise NoLineChosen
        draft = form.draft(lines, all_left, is_surplus=is_surplus)
        service.clear(session, stocktake_id, draft, current_user.id, utc_now())

    return _run(stocktake_id, command, gettext("Cleared."), side, form)


@bp.post("/<int:stocktake_id>/clearing/<int:clearing_id>/take-back")
@may(Permission.MONEY)
def take_back_clearing(stocktake_id: int, clearing_id: int) -> AnyResponse:
    """Take a clearing back."""

    def command(session: Session) -> None:
        service.take_back(session, stocktake_id, clearing_id, current_user.id, utc_now())

    return _run(stocktake_id, command, gettext("The clearing was taken back."))


def clearing_card(session: Session) -> Iterator[Card]:
    """Yield how many stocktakes left something on 1901, for whoever may clear it."""
    if not current_user.may(Permission.MONEY):
        return
    if number := count_uncleared(session, _loss_account(session)):
        yield Card(
            title=gettext("Differences to clear"),
            link=url_for("stocktake.clearings", left="open"),
            icon="cash-coin",
            text=gettext("Posted stocktake differences wait for where they belong."),
            figure=number,
            tone="warn",
        )


def _run(
    stocktake_id: int,
    command: Callable[[Session], None],
    saved: str,
    side: str | None = None,
    form: ClearingForm | None = None,
) -> AnyResponse:
    try:
        with transaction() as session:
            command(session)
    except NotFound:
        raise
    except RuleBroken as error:
        return _page(stocktake_id, side, form, error)
    flash(saved, "success")
    return redirect(url_for("stocktake.clearing", stocktake_id=stocktake_id), 303)


def _page(
    stocktake_id: int, side: str | None = None, form: ClearingForm | None = None, problem: RuleBroken | None = None
) -> Response:
    session = db.session()
    stocktake = get_stocktake(session, stocktake_id)
    balances, accounts = list_balances(session, stocktake_id), _account_names(session)
    sides = [
        {
            "name": name,
            **_shown([each for each in balances if each.is_surplus == (name == SURPLUS)]),
            "form": form
            if form is not None and side == name
            else ClearingForm.for_request(accounts, is_surplus=name == SURPLUS, bound=False),
        }
        for name in (SHORTAGE, SURPLUS)
    ]
    page = render_template(
        "stocktake/clearing.html",
        title=gettext("Differences of %(number)s to clear", number=stocktake.number),
        stocktake=stocktake,
        is_posted=stocktake.state is StocktakeState.POSTED,
        sides=[each for each in sides if each["lines"]],
        names=list_names(session, stocktake_id),
        clearings=list_clearings(session, stocktake_id),
        account_name=account_name,
        chosen={value.partition("=")[0] for value in request.form.getlist("line")} if side else None,
        problem=sentence(problem) if problem else None,
        problem_side=side,
    )
    return make_response(page, problem.status if problem else 400 if form is not None else 200)


def _shown(lines: list[LineBalance]) -> dict[str, Any]:
    """Return what the page shows of one side: all lines, or those of which most is left, with what all are."""
    most = sorted(lines, key=lambda each: -abs(each.left))[:SHOWN] if len(lines) > SHOWN else lines
    open_lines = [each.left for each in lines if each.left > 0]
    return {
        "lines": most,
        "left": sum((each.left for each in lines), ZERO),
        "open_left": sum(open_lines, ZERO),
        "count": len(open_lines),
        "is_cut": len(lines) > SHOWN,
    }


def _account_names(session: Session) -> dict[AccountRole, str]:
    codes = ACCOUNTS[get_company(session).chart]
    wanted = {role: codes[role] for role in (*SHORTAGE_TARGETS, *SURPLUS_TARGETS)}
    accounts = find_accounts(session, wanted.values())
    return {role: f"{code} {account_name(accounts[code])}" for role, code in wanted.items()}
