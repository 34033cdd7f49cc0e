"""Files become rows: sheets and text, every encoding, codes exact; broken and bursting files refused in a sentence."""

import gzip
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.imports.reading import Empty, first_rows, read_rows
from app.imports.sheets import NotReadable, Protected, TooMuch
from app.kernel.errors import RuleBroken

ROWS = [["商品名称", "条码"], ["可口可乐", "6901234567892"]]
NUMBERED = list(enumerate(ROWS, start=1))
GB = 1 << 30


def _sheet(path: Path, fill: Callable[[xlsxwriter.Workbook], object]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        fill(book)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，"])
def test_text_is_read_in_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "file"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in ROWS).encode(encoding))
    assert list(read_rows(path, "items.csv")) == NUMBERED


def test_a_gzipped_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress("\n".join(",".join(row) for row in ROWS).encode()))
    assert list(read_rows(path, "items.csv.gz")) == NUMBERED


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
    assert list(read_rows(path, "a.xlsx"))[1] == (2, ["6901234567892", "9.8", "2026-03-31"])


def test_a_number_that_a_formula_made_has_the_digits_that_are_shown(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_formula(0, 0, "=1.1*3", None, 3.3000000000000003)
        sheet.write_number(0, 1, 123456789012345678)

    rows = list(read_rows(_sheet(tmp_path / "file", fill), "a.xlsx"))
    assert rows == [(1, ["3.3", "1.23456789012346E+17"])]  # the last three digits are gone, and that shows


def test_blank_rows_are_left_out_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a,b\n,\n\n1,2\n", encoding="utf-8")
    assert list(read_rows(path, "a.csv")) == [(1, ["a", "b"]), (4, ["1", "2"])]

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range(2, 0, 2, 3, "Goods")
        sheet.write(7, 0, "x")

    rows = list(read_rows(_sheet(tmp_path / "sheet", fill), "a.xlsx"))
    assert [number for number, _ in rows] == [3, 8]


def test_the_first_sheet_that_is_shown_and_holds_anything_is_read(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("list of choices").write(0, 0, "x")
        book.worksheets()[0].hide()
        book.add_worksheet("empty")
        for index, row in enumerate(ROWS):
            book.add_worksheet(f"rows {index}").write_row(0, 0, row)
        book.worksheets()[2].activate()

    assert list(read_rows(_sheet(tmp_path / "file", fill), "a.xlsx")) == [(1, ROWS[0])]


def test_a_title_above_the_headings_does_not_hide_what_cuts_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("商品资料表,2026\n" + "\n".join("\t".join(row) for row in ROWS), encoding="utf-8")
    assert [row for _, row in read_rows(path, "a.txt")][1:] == ROWS


def test_a_file_is_what_it_holds_whatever_it_is_called(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes("\n".join("\t".join(row) for row in ROWS).encode("gb18030"))
    assert list(read_rows(text, "a.xls")) == NUMBERED  # as many programs of the trade export
    sheet = _sheet(tmp_path / "sheet", lambda book: book.add_worksheet().write_row(0, 0, ROWS[0]))
    assert list(read_rows(sheet, "a.csv")) == list(read_rows(sheet, "a.et")) == NUMBERED[:1]


def test_a_character_that_cannot_be_read_is_marked_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\n".join([*(",".join(row).encode("gb18030") for row in ROWS), b"\xff\xff,1"]))
    assert list(read_rows(path, "a.csv")) == [*NUMBERED, (3, ["\ufffd\ufffd", "1"])]


def test_chinese_behind_a_million_plain_characters_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"name,code\n" + b"abcdefghijklmnopqrstuvwxyz,1\n" * 50_000 + "可乐,2\n".encode("gb18030"))
    assert list(read_rows(path, "a.csv"))[-1] == (50_002, ["可乐", "2"])


def test_a_cell_as_long_as_a_book_is_one_row_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("名称,条码\n" + "x" * 200_000 + ",1\n可乐,2\n", encoding="utf-8")
    assert len(list(read_rows(path, "a.csv"))) == 3


def test_a_sheet_that_reaches_its_last_corner_is_refused_and_its_reader_lives(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "name")
        sheet.write(1_048_575, 16_383, "x")

    with pytest.raises(TooMuch):
        first_rows(_sheet(tmp_path / "file", fill), "a.xlsx")


@pytest.mark.parametrize("name", ["a.csv.gz", "a.xlsx"])
def test_a_file_packed_to_burst_is_refused_before_it_fills_the_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    if name == "a.csv.gz":
        with gzip.open(path, "wb", compresslevel=1) as file:
            for _ in range(1024):
                file.write(b"a" * (1 << 20))
    else:
        small = _sheet(tmp_path / "small", lambda book: book.add_worksheet().write(0, 0, "name"))
        with (
            zipfile.ZipFile(small) as source,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb,
        ):
            for part in source.infolist():
                if part.filename != "xl/sharedStrings.xml":
                    bomb.writestr(part, source.read(part))
            with bomb.open("xl/sharedStrings.xml", "w", force_zip64=True) as strings:
                strings.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>')
                for _ in range(2048):
                    strings.write(b"a" * (1 << 20))
                strings.write(b"</t></si></sst>")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooMuch):
        first_rows(path, name)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < GB // 4


def test_a_file_under_a_password_says_so(tmp_path: Path) -> None:
    path = tmp_path / "file"
    # A compound file that holds the workbook as an encrypted package.
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(Protected):
        first_rows(path, "a.xlsx")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"no sheet at all"),
        ("a.pdf", b"%PDF-1.4"),
        ("a.xls", b"<html><table><tr><td>name</td></tr></table></html>"),
        ("a.csv.gz", b"\x1f\x8bno gzip"),
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
        for _, row in read_rows(path, name):
            assert all(isinstance(cell, str) for cell in row)
    except RuleBroken:
        pass
