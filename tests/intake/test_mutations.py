"""Random mutations of the example: what is read is what an independent plain reading finds, or the workbook is refused.

`make fuzz` runs many more (FUZZ=number of examples); the ordinary run takes a short sample that is always the same.
"""

from __future__ import annotations

import io
import math
import os
import random
import re
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hostile
import openpyxl
import pytest
from books import EXAMPLE, write_tables
from corpus import COUNTIES, POOLS, Tables, tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limited import Limited

from transfer_opt.core.errors import InputError
from transfer_opt.intake import prepare

MANY = int(os.environ.get("FUZZ", "0"))
sampled = settings(
    max_examples=MANY or 40,
    derandomize=not MANY,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
BLANKS = ("", " ", "\u3000", "\u200b", "\u00a0", "\n")
NUMBER_COLUMNS = (
    "常住人口",
    "标准财政收入",
    "标准财政支出",
    "可用财力",
    "保基本民生需求",
    "保工资需求",
    "保运转需求",
    "上年均衡性转移支付",
)

# ---------------------------------------------------------------- mutations of the tables, with what they mean

Meaning = dict[tuple[str, str, str], Any]
"""Sheet, first text of the row (name or fund), column → number."""


def meaning(found: Tables) -> Meaning:
    """The numbers of the tables as a person reads them."""
    result: Meaning = {}
    for sheet, key in ((COUNTIES, "县区名称"), (POOLS, "资金")):
        head, *rows = found[sheet]
        for row in rows:
            values = dict(zip(head, row, strict=False))
            result |= {
                (sheet, str(values[key]), str(column)): float(value)
                for column, value in values.items()
                if isinstance(value, (int, float)) and column not in ("行政区划代码", "科目编码")
            }
    return result


def reading(path: Path) -> Meaning | None:
    """The numbers the program goes on with; None where it refuses the workbook."""
    try:
        prepared = prepare.prepare(path)
    except InputError:
        return None
    if any(not problem.is_warning for problem in prepared.problems):
        return None
    result: Meaning = {}
    for sheet, key in ((COUNTIES, "县区名称"), (POOLS, "资金")):
        for row in prepared.budget.sheets[sheet].rows:
            name = re.sub(r"[\s\u200b]", "", str(row.values[key]))
            result |= {
                (sheet, name, column): value
                for column, value in row.values.items()
                if isinstance(value, float)
            }
    return result


def full_width(text: str) -> str:
    return "".join(chr(ord(mark) + 0xFEE0) if "!" <= mark <= "~" else mark for mark in text)


DRESSES: tuple[Callable[[float], Any], ...] = (
    lambda number: number,
    lambda number: f"{number:,.15g}",
    lambda number: full_width(f"{number:.15g}"),
    lambda number: f" {number!r}\u200b",
    lambda number: f"￥{number:.15g}",
    lambda number: f"{number:.15g}万元",
    lambda number: f"+{number:.15g}",
)
"""Ways to write a number of money that mean that number."""


@st.composite
def dressed(draw: st.DrawFn) -> tuple[Tables, Meaning]:
    """The example with numbers changed and everything written another way, and what it means all the same."""
    found = tables()
    head = found[COUNTIES][0]
    for _ in range(draw(st.integers(0, 4))):
        row = draw(st.sampled_from(found[COUNTIES][1:]))
        column = draw(st.sampled_from(NUMBER_COLUMNS))
        row[head.index(column)] = draw(
            st.integers(1, 10**6) | st.decimals(1, 10**6, places=2).map(float)
        )
    meant = meaning(found)
    for _ in range(draw(st.integers(0, 6))):
        row = draw(st.sampled_from(found[COUNTIES][1:]))
        column = draw(st.sampled_from(NUMBER_COLUMNS[1:]))
        number = row[head.index(column)]
        if isinstance(number, (int, float)):
            row[head.index(column)] = draw(st.sampled_from(DRESSES))(float(number))
        row[head.index("县区名称")] = draw(st.sampled_from(BLANKS)).join(
            str(row[head.index("县区名称")])
        )
    generator = random.Random(draw(st.integers(0, 10**6)))
    for sheet in (COUNTIES, POOLS):
        _rearrange(found, sheet, generator)
    return found, meant


def _rearrange(found: Tables, sheet: str, generator: random.Random) -> None:
    head, *rows = found[sheet]
    order = generator.sample(range(len(head)), len(head))
    generator.shuffle(rows)
    width = len(head)
    for extra in generator.sample(
        [[], [None] * width, [" "] * width, ["合计", *[None] * (width - 1)]], generator.randrange(3)
    ):
        rows.insert(generator.randrange(len(rows)), extra)
    head = [
        generator.choice(BLANKS).join(str(text)) + generator.choice(("", ":", "*")) for text in head
    ]
    found[sheet] = [[row[i] if i < len(row) else None for i in order] for row in [head, *rows]]
    found[sheet] += [["注：略"], ["制表：甲"]][: generator.randrange(3)]


@pytest.mark.system
@sampled
@given(dressed())
def test_a_workbook_written_another_way_is_read_as_it_is_meant(
    case: tuple[Tables, Meaning],
) -> None:
    found, meant = case
    path = _folder() / "dressed.xlsx"
    read = reading(write_tables(path, found))
    assert read is not None
    assert {key: value for key, value in read.items() if key in meant} == meant
    assert len(read) == len(meant)


GARBAGE = st.one_of(
    st.sampled_from(
        [
            "N/A",
            "#N/A",
            "—",
            "约5",
            "1.2.3",
            "5①",
            "1e",
            "0x10",
            "五",
            True,
            "=1+1",
            "12,34",
            "5 6",
            "5%5",
            "++5",
            "5-",
            "(5",
            "5元",
        ]
    ),
    st.text(
        st.characters(categories=["L", "P", "S", "Nd", "No", "Zs"], exclude_characters="\x7f"),
        min_size=1,
        max_size=6,
    ),
)


@pytest.mark.system
@sampled
@given(GARBAGE, st.sampled_from(NUMBER_COLUMNS), st.integers(1, 45))
def test_what_is_no_number_is_refused_and_what_is_read_is_what_it_says(
    garbage: Any, column: str, row: int
) -> None:
    found = tables()
    at = found[COUNTIES][0].index(column)
    name = found[COUNTIES][row][1]
    found[COUNTIES][row][at] = garbage
    read = reading(write_tables(_folder() / "garbage.xlsx", found))
    if read is not None:
        assert isinstance(garbage, str)
        value = read.get((COUNTIES, name, column))
        assert value is None or value == plainly(garbage)


def plainly(text: str) -> float | None:
    """The number a text means, worked out another way than the program does."""
    digits = "".join(
        str(unicodedata.decimal(mark))
        if unicodedata.category(mark) == "Nd"
        else unicodedata.normalize("NFKC", mark)
        for mark in text
    )
    digits = (
        re.sub(r"\s", "", digits)
        .strip("¥+")
        .replace("−", "-")
        .replace("–", "-")
        .removesuffix("万元")
    )
    bracketed = re.fullmatch(r"\((.*)\)", digits)
    try:
        number = float(
            (bracketed[1] if bracketed else digits).rstrip("%").replace(",", "").strip("¥")
        )
    except ValueError:
        return None
    number = -number if bracketed else number
    return number / 100 if digits.endswith("%") else number


# ---------------------------------------------------------------- mutations of the bytes, against another library


def plain_reading(path: Path) -> Meaning | None:
    """The same numbers by openpyxl, which shares no code with the program; None where it cannot read the file."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True)
        result: Meaning = {}
        for sheet, key in ((COUNTIES, "县区名称"), (POOLS, "资金")):
            rows = [list(row) for row in book[sheet].iter_rows(values_only=True)]
            at = next(i for i, row in enumerate(rows) if key in [_bare(cell) for cell in row])
            head = [_bare(cell) for cell in rows[at]]
            for row in rows[at + 1 :]:
                values = dict(zip(head, row, strict=False))
                result |= {
                    (sheet, _bare(values.get(key)), column): float(value)
                    for column, value in values.items()
                    if isinstance(value, (int, float)) and not isinstance(value, bool)
                }
        return result
    except Exception:  # whatever hostile bytes do to it
        return None


def _bare(cell: Any) -> str:
    return re.sub(r"[\s\u200b]|[(（].*", "", str(cell or ""))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The example with bytes changed, within one of its parts or in the package as a whole."""
    generator = random.Random(draw(st.integers(0, 2**32)))
    whole = draw(st.booleans())
    name = draw(
        st.sampled_from(
            [
                hostile.SHEET,
                hostile.POOLS_SHEET,
                hostile.BOOK,
                hostile.STRINGS,
                "xl/_rels/workbook.xml.rels",
            ]
        )
    )
    content = bytearray(
        EXAMPLE.read_bytes() if whole else hostile.parts().get(name, hostile.parts()[hostile.SHEET])
    )
    for _ in range(draw(st.integers(1, 4))):
        at, kind = generator.randrange(len(content)), generator.randrange(5)
        if kind == 0:
            content[at] ^= 1 << generator.randrange(8)
        elif kind == 1:
            content[at] = generator.choice(b"<>/\"'&0123456789.eE-\x00\xff ")
        elif kind == 2:
            del content[at : at + generator.randrange(1, 40)]
        elif kind == 3:
            content[at:at] = content[at : at + generator.randrange(1, 200)]
        else:
            other = generator.randrange(len(content))
            content[at : at + 8] = content[other : other + 8]
    return bytes(content) if whole else hostile.packed({name: bytes(content)})


@sampled
@given(damaged())
def test_damaged_bytes_are_refused_or_read_as_another_library_reads_them(content: bytes) -> None:
    path = _folder() / "damaged.xlsx"
    path.write_bytes(content)
    read = reading(path)
    if read is None:
        return
    other = plain_reading(path)
    original = plain_reading(EXAMPLE)
    assert original is not None
    differing = {key for key, value in read.items() if value != original.get(key)}
    if differing:  # a number that legitimately changed is the same for the other library
        assert other is not None, (
            f"only this program can read it, and reads it differently: {sorted(differing)[:5]}"
        )
        assert {key: read[key] for key in differing} == {key: other.get(key) for key in differing}


@pytest.mark.system
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_damaged_old_and_open_files_end_with_a_sentence(kind: str, tmp_path: Path) -> None:
    whole = (hostile.FIXTURES / f"qinghai.{kind}").read_bytes()
    generator = random.Random(None if MANY else 2026)
    with Limited() as limited:
        for number in range((MANY or 24) // 2):
            path = tmp_path / f"{number}.{kind}"
            path.write_bytes(_shaken(whole, kind, generator))
            ended = limited("check", path)
            assert ended.exit in (0, 1), (
                number,
                ended.exit,
                ended.stderr[-500:],
                path.read_bytes()[:0],
            )
            assert "Traceback" not in ended.stderr


def _shaken(whole: bytes, kind: str, generator: random.Random) -> bytes:
    if kind == "xls":
        content = bytearray(whole)
        for _ in range(generator.randrange(1, 6)):
            content[generator.randrange(generator.choice((512, 4096, len(content))))] = (
                generator.randrange(256)
            )
        return bytes(content)
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            part = bytearray(source.read(name))
            if name == "content.xml":
                for _ in range(generator.randrange(1, 4)):
                    at = generator.randrange(len(part))
                    part[at : at + generator.randrange(3)] = bytes(
                        [generator.choice(b"<>/\"'&0123456789 ab")]
                    )
            target.writestr(name, bytes(part))
    return stream.getvalue()


def _folder() -> Path:
    """One folder for all examples of a test run: hypothesis calls the body very often."""
    import tempfile

    global _FOLDER
    if _FOLDER is None:
        _FOLDER = tempfile.TemporaryDirectory()
    return Path(_FOLDER.name)


_FOLDER: Any = None


def test_the_plain_reading_agrees_about_the_example() -> None:
    read, other = reading(EXAMPLE), plain_reading(EXAMPLE)
    assert read is not None
    assert other is not None
    assert all(math.isfinite(value) and other[key] == value for key, value in read.items())
