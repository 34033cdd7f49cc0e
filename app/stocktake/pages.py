"""All pages of the stocktake on their one blueprint: importing their modules puts them there."""

from app.stocktake.accuracy import views as accuracy_views
from app.stocktake.approval import trail as approval_trail
from app.stocktake.approval import views as approval_views
from app.stocktake.assignment import views as assignment_views
from app.stocktake.clearing import views as clearing_views
from app.stocktake.live import views as live_views
from app.stocktake.notes import views as notes_views
from app.stocktake.planning import views as planning_views
from app.stocktake.reasons import views as reasons_views
from app.stocktake.report import line_views
from app.stocktake.report import views as report_views
from app.stocktake.schedules import views as schedule_views
from app.stocktake.sheets import views as sheet_views
from app.stocktake.transfers import views as transfers_views
from app.stocktake.views import bp

__all__ = [
    "accuracy_views",
    "approval_trail",
    "approval_views",
    "assignment_views",
    "bp",
    "clearing_views",
    "line_views",
    "live_views",
    "notes_views",
    "planning_views",
    "reasons_views",
    "report_views",
    "schedule_views",
    "sheet_views",
    "transfers_views",
]
