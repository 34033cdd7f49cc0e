"""Text as people type or paste it, in the one form in which it is kept."""


def one_line(text: str) -> str:
    """Return *text* without line breaks, doubled spaces and spaces at its ends."""
    return " ".join(text.split())
