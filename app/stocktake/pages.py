"""All pages of the stocktake on their one blueprint: importing their modules puts them there."""

from app.stocktake.accuracy import views as accuracy_views
from app.stocktake.approval import views as approval_views
from app.stocktake.planning import views as planning_views
from app.stocktake.report import views as report_views
from app.stocktake.schedules import views as schedule_views
from app.stocktake.views import bp

__all__ = ["accuracy_views", "approval_views", "bp", "planning_views", "report_views", "schedule_views"]
