"""All pages of the stocktake on their one blueprint: importing their modules puts them there."""

from app.stocktake.approval import views as approval_views
from app.stocktake.report import views as report_views
from app.stocktake.views import bp

__all__ = ["approval_views", "bp", "report_views"]
