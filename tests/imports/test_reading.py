"""Files become rows: sheets and text, two encodings, codes exact, broken files refused with a sentence."""

import gzip
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.imports.reading import Empty, NotReadable, first_rows, read_rows
from app.kernel.errors import RuleBroken

ROWS = [["商品名称", "条码"], ["可口可乐", "6901234567892"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "file"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in ROWS).encode(encoding))
    assert list(read_rows(path, "items.csv")) == ROWS


def test_a_gzipped_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress("\n".join(",".join(row) for row in ROWS).encode()))
    assert list(read_rows(path, "items.csv.gz")) == ROWS


def test_a_barcode_that_a_sheet_made_a_number_is_a_code_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["条码", "进价", "日期"])
    sheet.write_row(1, 0, [6901234567892, 9.8])
    sheet.write_datetime(
        1, 2, __import__("datetime").datetime(2026, 3, 31), book.add_format({"num_format": "yyyy-mm-dd"})
    )
    book.close()
    assert list(read_rows(path, "a.xlsx"))[1] == ["6901234567892", "9.8", "2026-03-31"]


def test_blank_rows_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a,b\n,\n\n1,2\n", encoding="utf-8")
    assert list(read_rows(path, "a.csv")) == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"no sheet at all"),
        ("a.pdf", b"%PDF-1.4"),
        ("a.csv.gz", b"no gzip"),
        ("a.csv", b"a,b\n1,\0\n"),
        ("a.csv.gz", gzip.compress(b"a,b\n" * 1000, mtime=0)[:-20]),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(NotReadable):
        list(read_rows(path, name))


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    with pytest.raises(Empty):
        first_rows(path, "a.csv")


@given(content=st.binary(max_size=2000), name=st.sampled_from(["a.csv", "a.csv.gz", "a.xlsx", "a.xls", "a.ods"]))
def test_no_content_whatever_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(content)
    try:
        for row in read_rows(path, name):
            assert all(isinstance(cell, str) for cell in row)
    except RuleBroken:
        pass
