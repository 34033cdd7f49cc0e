"""All pages of phones on their one blueprint: importing their modules puts them there."""

from app.handheld import spot
from app.handheld.views import bp

__all__ = ["bp", "spot"]
