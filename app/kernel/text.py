"""Text as people type it, made one with what is kept."""


def one_line(text: str) -> str:
    """Return *text* without line breaks, without blanks at its ends, and with single blanks inside."""
    return " ".join(text.split())
