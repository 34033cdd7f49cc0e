"""What decoding and parsing answer, in the form that commands and the API print."""

from typing import Any

from app.scanning.decode import Decoded
from app.scanning.parse import ParsedCode
from app.scanning.symbols import Symbol


def decoded_json(decoded: Decoded) -> dict[str, Any]:
    """Return the codes and the error of one photo as the command and the API print them."""
    problem = decoded.problem
    return {"codes": [symbol_json(symbol) for symbol in decoded.symbols], "error": str(problem) if problem else None}


def symbol_json(symbol: Symbol) -> dict[str, str | None]:
    """Return one decoded symbol as the command and the API print it."""
    return {"text": symbol.text, "symbology": symbol.symbology.value, "gtin14": symbol.gtin14}


def parsed_json(parsed: ParsedCode) -> dict[str, Any]:
    """Return a parsed code as commands print it; `error` is also set where the code can be used all the same."""
    return {
        "valid": parsed.is_valid,
        "kind": parsed.kind.value,
        "ais": [[element.ai, element.value] for element in parsed.elements],
        "gtin14": parsed.gtin14,
        "lot": parsed.lot,
        "expiry": parsed.expiry.isoformat() if parsed.expiry else None,
        "serial": parsed.serial,
        "quantity": str(parsed.quantity) if parsed.quantity is not None else None,
        "error": str(parsed.problem) if parsed.problem else None,
    }
