"""The commands that other programs call: one JSON object per photo or code."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from app.scanning.cli import decode_command, parse_command
from tests.scanning.drawing import as_bytes, draw, page


def objects(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_decode_prints_one_object_per_photo(tmp_path: Path) -> None:
    good, broken, missing = tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "c.jpg"
    good.write_bytes(as_bytes(page(draw("6901234567892", "EAN13"))))
    broken.write_bytes(b"no picture")
    first, second, third = objects(CliRunner().invoke(decode_command, [str(good), str(broken), str(missing)]))
    assert list(first) == ["file", "codes", "ms", "error"]
    assert first["file"] == str(good)
    assert first["codes"] == [{"text": "6901234567892", "symbology": "EAN-13", "gtin14": "06901234567892"}]
    assert first["ms"] > 0
    assert first["error"] is None
    assert (second["codes"], third["codes"]) == ([], [])
    assert "no picture" in second["error"]
    assert third["error"]


def test_parse_prints_one_object_per_line() -> None:
    lines = "]C1010690123456789210L1\x1d17270331\x1d3024\n你好\r\n\n6901234567890\n"
    carton, plain, empty, damaged = objects(CliRunner().invoke(parse_command, input=lines))
    assert carton == {
        "input": "]C1010690123456789210L1\x1d17270331\x1d3024",
        "valid": True,
        "kind": "gs1",
        "ais": [["01", "06901234567892"], ["10", "L1"], ["17", "270331"], ["30", "24"]],
        "gtin14": "06901234567892",
        "lot": "L1",
        "expiry": "2027-03-31",
        "serial": None,
        "quantity": "24",
        "error": None,
    }
    assert (plain["input"], plain["kind"], plain["valid"]) == ("你好", "plain", True)
    assert (empty["input"], empty["valid"]) == ("", False)
    assert (damaged["valid"], damaged["kind"], damaged["gtin14"]) == (False, "plain", None)
    assert damaged["error"]


def test_bytes_that_are_no_text_are_parsed_all_the_same() -> None:
    (answer,) = objects(CliRunner().invoke(parse_command, input=b"\xff\xfe01\n"))
    assert answer["kind"] == "plain"
