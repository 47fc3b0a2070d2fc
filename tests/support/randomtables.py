"""Random allocation tables as anybody might make them, right by construction; and one figure of them changed.

Shares nothing with the program: amounts are decimals, formulas are texts, and LibreOffice works these out.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

PREFECTURES = ["西宁市", "海东市", "海北州", "黄南州", "海南州", "果洛州", "玉树州", "海西州"]
COUNTIES = [
    "城东区",
    "湟中区",
    "大通县",
    "乐都区",
    "化隆县",
    "门源县",
    "祁连县",
    "同仁市",
    "泽库县",
    "共和县",
    "兴海县",
    "玛沁县",
    "甘德县",
    "玛多县",
    "称多县",
    "治多县",
    "德令哈市",
    "乌兰县",
    "天峻县",
    "都兰县",
    "格尔木市",
    "茫崖市",
    "平安区",
    "互助县",
]
GRAND = [
    "合计",
    "合  计",
    "共计",
    "总计",
    "全省合计",
    "全省",
    "地方合计",
    "合计数",
    "总和",
    "Total",
    "Grand total",
    "合計",
]
FUNDS = ["均衡性", "县级保障", "生态功能区", "教育", "卫生", "农业", "交通", "民族地区"]
UNITS = {"元": (0, 2), "万元": (0, 2, 4), "亿元": (2, 4), "": (0, 1, 2)}
YUAN = {"元": 1, "万元": 10**4, "亿元": 10**8, "": 1}
LARGEST = {"元": 10**10, "万元": 10**6, "亿元": 10**3, "": 10**5}


@dataclass
class Line:
    """A row on its way: its name, kind, prefecture, and the rows it adds up."""

    label: str
    kind: str
    prefecture: str = ""
    adds: list[int] = field(default_factory=list)


@dataclass
class Column:
    """A column: its header lines, how its figures come about, and how they are written."""

    lines: tuple[str, ...]
    kind: str
    decimals: int
    parts: tuple[int, ...] = ()
    formula: bool = False
    added: bool = True
    code: str = "General"


@dataclass
class Sheet:
    """Cells by row and column from 1: a value, and a formula where there is one; and what an edit may change."""

    cells: dict[tuple[int, int], tuple[Any, str, str]] = field(default_factory=dict)
    merges: list[str] = field(default_factory=list)
    targets: list[tuple[int, int, Decimal]] = field(default_factory=list)
    """Row, column and the smallest change that is more than rounding."""
    next_row: int = 1


def table(seed: int) -> Sheet:
    """One sheet with a table or two."""
    chance = random.Random(seed)
    sheet = Sheet()
    for _ in range(2 if chance.random() < 0.12 else 1):
        _Maker(chance, sheet).make()
        sheet.next_row += chance.randint(1, 2)
    return sheet


class _Maker:
    """One table below what the sheet holds already."""

    def __init__(self, chance: random.Random, sheet: Sheet) -> None:
        self.chance, self.sheet = chance, sheet
        self.unit = chance.choice(list(UNITS))
        self.decimals = chance.choice(UNITS[self.unit])
        self.formulas = chance.random() < 0.6
        self.lines = self._lines()
        self.left = self._left()
        self.columns = self._columns()
        self.values: dict[tuple[int, int], Decimal | None] = {}

    def make(self) -> None:
        first = self._head()
        places = self._places(first)
        self._work_out()
        for at, line in enumerate(self.lines):
            self._names(places[at], line)
            for column in range(len(self.columns)):
                self._cell(places, at, column)
        self.sheet.next_row = places[-1] + 1
        if self.chance.random() < 0.3:
            self._put(
                self.sheet.next_row,
                1,
                self.chance.choice(["注：空白表示没有。", "制表：财政厅", "说明：按上年口径。"]),
            )
            self.sheet.next_row += 1

    # ------------------------------------------------------------ rows

    def _lines(self) -> list[Line]:
        """Counties in groups or not, subtotals above or below them, the total on top or at the end."""
        chance = self.chance
        names = chance.sample(COUNTIES, len(COUNTIES))
        above, groups = chance.random() < 0.6, chance.choice([0, 0, 1, 2, 3, 4, 5])
        own, lines, tops = chance.random() < 0.35, list[Line](), list[int]()
        province = groups and chance.random() < 0.25
        style = chance.choice(
            ["{}小计", "{}合计", "{}"] if above and groups > 1 else ["{}小计", "{}合计", "小计"]
        )
        if style == "{}" and len({*PREFECTURES}) and groups < 2:
            style = "{}小计"
        if province:
            lines.append(Line("省本级", "own"))
            tops.append(0)
        for prefecture in chance.sample(PREFECTURES, groups):
            block = [Line(f"{prefecture}本级", "own", prefecture)] if own else []
            block += [
                Line(names.pop(), "unit", prefecture)
                for _ in range(chance.randint(2 if not block else 1, 4))
            ]
            total = Line(style.format(prefecture), "group", prefecture)
            start = len(lines) + above
            total.adds = list(range(start, start + len(block)))
            tops.append(len(lines) if above else len(lines) + len(block))
            lines += [total, *block] if above else [*block, total]
        if not groups:
            count = chance.randint(3, 12)
            lines = [Line(names.pop(), "unit", chance.choice(PREFECTURES)) for _ in range(count)]
            tops = list(range(count))
        grand = Line(
            chance.choice(GRAND)
            + chance.choice(["", "", "", f"（{sum(line.kind == 'unit' for line in lines)}个县）"]),
            "grand",
            "",
            tops,
        )
        if chance.random() < 0.5:
            for line in lines:
                line.adds = [at + 1 for at in line.adds]
            grand.adds = [at + 1 for at in tops]
            return [grand, *lines]
        return [*lines, grand]

    def _left(self) -> list[str]:
        left = [self.chance.choice(["县区名称", "地区", "单位名称", "市县", "县（市、区）"])]
        if self.chance.random() < 0.3:
            left.insert(0, self.chance.choice(["序号", "行次", "行政区划代码"]))
        if self.chance.random() < 0.2:
            left.append("市州")
        return left

    # ------------------------------------------------------------ columns

    def _columns(self) -> list[Column]:
        """Funds with their sum, last year and this with difference and growth, people with per head, shares, products."""
        chance, columns = self.chance, list[Column]()
        self._funds(columns)
        if chance.random() < 0.5:
            self._years(columns)
        if chance.random() < 0.3:
            people = len(columns)
            columns.append(Column((chance.choice(["常住人口", "受益人数"]),), "people", 0))
            self._ratio(
                columns,
                chance.choice(["人均补助", "人均(元)"]),
                "each",
                (
                    chance.choice(
                        [
                            at
                            for at, column in enumerate(columns)
                            if column.kind in ("amount", "sum")
                        ]
                    ),
                    people,
                ),
                2,
            )
        if chance.random() < 0.35:
            part = chance.choice(
                [at for at, column in enumerate(columns) if column.kind in ("amount", "sum")]
            )
            self._ratio(columns, chance.choice(["占比", "占比(%)", "比重"]), "share", (part,), 4)
        if chance.random() < 0.2 and self.formulas:
            count, price = len(columns), len(columns) + 1
            columns.append(Column(("户数",), "people", 0))
            columns.append(Column((chance.choice(["补助标准", "单价"]),), "price", 2, added=False))
            columns.append(Column(("测算额",), "product", 2, (count, price), formula=True))
        if chance.random() < 0.25:
            columns.append(
                Column(
                    (chance.choice(["绩效得分", "位次", "分配系数"]),),
                    "noise",
                    chance.choice([0, 1, 2]),
                    added=False,
                )
            )
        return columns

    def _funds(self, columns: list[Column]) -> None:
        chance = self.chance
        names = chance.sample(FUNDS, chance.randint(2, 5))
        band = (
            (chance.choice(["转移支付", "补助资金", "2026年安排"]),)
            if chance.random() < 0.3
            else ()
        )
        band = ("其中各项资金", *band) if band and chance.random() < 0.3 else band
        if chance.random() < 0.2:
            names, total, band = ["一季度", "二季度", "三季度", "四季度"], "全年", ()
        else:
            total = chance.choice(["合计", "小计", "补助总额", "合计数", ""])
        before = bool(total) and chance.random() < 0.5
        parts = tuple(range(before, before + len(names)))
        funds = [
            Column((*band, name), "amount", self.decimals, code=self._code(self.decimals))
            for name in names
        ]
        if not total:
            columns += funds
            return
        sum_ = Column(
            (*band, total),
            "sum",
            self.decimals,
            parts,
            formula=self.formulas and chance.random() < 0.7,
        )
        columns += [sum_, *funds] if before else [*funds, sum_]

    def _years(self, columns: list[Column]) -> None:
        chance, at = self.chance, len(columns)
        last, now = chance.choice(
            [("上年", "本年"), ("2025年", "2026年"), ("上年执行数", "本年预算数")]
        )
        columns += [
            Column((last,), "amount", self.decimals),
            Column((now,), "amount", self.decimals),
        ]
        formula = self.formulas and chance.random() < 0.7
        columns.append(
            Column(
                (chance.choice(["增减额", "比上年增减", "增加额"]),),
                "difference",
                self.decimals,
                (at + 1, at),
                formula,
            )
        )
        if chance.random() < 0.7:
            self._ratio(
                columns, chance.choice(["增幅", "增幅(%)", "增长率"]), "growth", (at + 1, at), 4
            )

    def _ratio(
        self, columns: list[Column], header: str, kind: str, parts: tuple[int, ...], decimals: int
    ) -> None:
        formula = self.formulas and self.chance.random() < 0.6
        percent = "%" in header
        code = (
            "0.00%" if not percent and kind != "each" and self.chance.random() < 0.6 else "General"
        )
        columns.append(
            Column(
                (header,),
                kind,
                decimals - 2 * percent if kind != "each" else decimals,
                parts,
                formula,
                added=False,
                code=code,
            )
        )

    def _code(self, decimals: int) -> str:
        return self.chance.choice(["General", "#,##0." + "0" * decimals if decimals else "#,##0"])

    # ------------------------------------------------------------ the head

    def _head(self) -> int:
        """Title, unit, one to three header lines, sometimes a line that numbers the columns; the first row under them."""
        chance, row = self.chance, self.sheet.next_row
        width = len(self.left) + len(self.columns)
        if row > 1 or chance.random() < 0.7:
            self._put(row, 1, f"{chance.randint(2020, 2026)}年转移支付分配表")
            row += 1
        said = chance.random() < 0.7
        if self.unit and said:
            self._put(row, chance.choice([1, width]), f"单位：{self.unit}")
            row += 1
        depth = max(len(column.lines) for column in self.columns)
        for at, name in enumerate(self.left, 1):
            self._put(row, at, name)
            if depth > 1:
                self.sheet.merges.append(
                    f"{get_column_letter(at)}{row}:{get_column_letter(at)}{row + depth - 1}"
                )
        self._bands(row, depth, "" if said or not self.unit else f"（{self.unit}）")
        row += depth
        if chance.random() < 0.15:
            for at in range(width):
                self._put(row, at + 1, "甲" if at == 0 else at)
            row += 1
        if chance.random() < 0.1:
            self._put(row, 1 + len(self.left) - 1, "一、全省各县")
            row += 1
        return row

    def _bands(self, row: int, depth: int, unit: str) -> None:
        start = len(self.left) + 1
        for at, column in enumerate(self.columns):
            letter = get_column_letter(start + at)
            said = unit if column.kind in ("amount", "sum", "difference") else ""
            if len(column.lines) < depth:
                self._put(row, start + at, column.lines[0] + said)
                self.sheet.merges.append(f"{letter}{row}:{letter}{row + depth - 1}")
                continue
            for down, text in enumerate(column.lines):
                first = (
                    down == len(column.lines) - 1
                    or at == 0
                    or self.columns[at - 1].lines[: down + 1] != column.lines[: down + 1]
                )
                if first:
                    self._put(
                        row + down,
                        start + at,
                        text + (said if down == len(column.lines) - 1 else ""),
                    )
        for at, column in enumerate(self.columns):
            same = [
                other
                for other, each in enumerate(self.columns)
                if len(each.lines) > 1 and each.lines[0] == column.lines[0]
            ]
            if len(column.lines) > 1 and same and at == same[0] and len(same) > 1:
                self.sheet.merges.append(
                    f"{get_column_letter(start + at)}{row}:{get_column_letter(start + same[-1])}{row}"
                )

    def _places(self, first: int) -> list[int]:
        """The rows of the lines; now and then a blank one between."""
        places, row = [], first
        for _ in self.lines:
            if places and self.chance.random() < 0.02:
                row += 1
            places.append(row)
            row += 1
        return places

    def _names(self, row: int, line: Line) -> None:
        for at, header in enumerate(self.left, 1):
            if header == "市州":
                self._put(row, at, line.prefecture or None)
            elif header in ("序号", "行次"):
                self._put(row, at, row)
            elif header == "行政区划代码":
                self._put(row, at, f"63{row:04d}" if line.kind == "unit" else None)
            else:
                self._put(row, at, line.label)

    # ------------------------------------------------------------ figures

    def _work_out(self) -> None:
        """Exact figures: the leaves, their sums, then what is formed from them."""
        for column, how in enumerate(self.columns):
            for at, line in enumerate(self.lines):
                if not line.adds and how.kind in ("amount", "people", "price", "noise"):
                    self.values[at, column] = self._amount(how)
        for at in self._order():
            for column, how in enumerate(self.columns):
                if self.lines[at].adds and how.added:
                    self.values[at, column] = sum(
                        (
                            self.values.get((each, column)) or Decimal(0)
                            for each in self.lines[at].adds
                        ),
                        Decimal(0),
                    )
                elif (at, column) not in self.values:
                    self.values[at, column] = self._formed(at, how)
        for at in range(len(self.lines)):
            for column, how in enumerate(self.columns):
                if how.kind in ("growth", "share", "each"):
                    self.values[at, column] = self._formed(at, how)

    def _order(self) -> list[int]:
        return sorted(
            range(len(self.lines)),
            key=lambda at: {"group": 1, "grand": 2}.get(self.lines[at].kind, 0),
        )

    def _amount(self, column: Column) -> Decimal | None:
        chance = self.chance
        if column.kind == "people":
            return Decimal(chance.randint(800, 400_000))
        if column.kind == "noise":
            return Decimal(chance.randint(1, 10 ** (column.decimals + 2))) / 10**column.decimals
        if column.kind == "price":
            return Decimal(chance.randint(100, 99_999)) / 100
        if chance.random() < 0.06:
            return None if chance.random() < 0.7 else Decimal(0)
        step = 10**column.decimals
        return (
            Decimal(chance.randint(1, LARGEST[self.unit] * step // chance.choice([1, 10, 1000])))
            / step
        )

    def _formed(self, at: int, column: Column) -> Decimal | None:
        get = [self.values.get((at, part)) or Decimal(0) for part in column.parts]
        if column.kind == "sum":
            return sum(get, Decimal(0))
        if column.kind == "difference":
            return get[0] - get[1]
        if column.kind == "product":
            return get[0] * get[1]
        grand = next(each for each, line in enumerate(self.lines) if line.kind == "grand")
        whole = (
            self.values.get((grand, column.parts[0]))
            if column.kind == "share"
            else get[1]
            if len(get) > 1
            else None
        )
        if column.kind not in ("share", "growth", "each") or not whole:
            return None
        scale = 100 if "%" in column.lines[-1] else 1
        scale *= YUAN[self.unit] if column.kind == "each" else 1
        worth = (get[0] / whole - (column.kind == "growth")) * scale
        return worth.quantize(Decimal(1).scaleb(-column.decimals), rounding=ROUND_HALF_UP)

    def _cell(self, places: Sequence[int], at: int, column: int) -> None:
        how, line, row = self.columns[column], self.lines[at], places[at]
        value = self.values.get((at, column))
        if value is None:
            return
        if line.adds and not how.added and how.kind in ("price", "noise"):
            return
        place = len(self.left) + 1 + column
        formula = self._formula(places, at, column)
        self._put(row, place, value, formula, how.code)
        step = Decimal(1).scaleb(-how.decimals)
        room = step * (len(line.adds) + len(how.parts) + 2 if how.added else 3)
        if how.kind not in ("price", "noise") or (how.kind == "price" and formula):
            self.sheet.targets.append((row, place, room))

    def _formula(self, places: Sequence[int], at: int, column: int) -> str:
        """What a spreadsheet would hold here; empty for a plain figure."""
        how, line = self.columns[column], self.lines[at]
        here = get_column_letter(len(self.left) + 1 + column)
        parts = [
            f"{get_column_letter(len(self.left) + 1 + part)}{places[at]}" for part in how.parts
        ]
        if (
            line.adds
            and how.added
            and how.kind in ("amount", "people", "product")
            and self.formulas
        ):
            rows = [places[each] for each in line.adds]
            if rows == list(range(rows[0], rows[-1] + 1)):
                return f"=SUM({here}{rows[0]}:{here}{rows[-1]})"
            return "=" + "+".join(f"{here}{row}" for row in rows)
        if not how.formula or (how.kind == "product" and line.adds):
            return ""
        if how.kind == "sum":
            return (
                f"=SUM({parts[0]}:{parts[-1]})"
                if self.chance.random() < 0.6
                else "=" + "+".join(parts)
            )
        grand = next(places[each] for each, other in enumerate(self.lines) if other.kind == "grand")
        scale = "*100" if "%" in how.lines[-1] else ""
        return {
            "difference": "={0}-{1}",
            "product": "={0}*{1}",
            "growth": "=({0}/{1}-1)" + scale,
            "each": "={0}" + f"*{YUAN[self.unit]}/" + "{1}",
            "share": "={0}/" + re.sub(r"\d+$", "", parts[0]) + f"${grand}" + scale,
        }[how.kind].format(*parts)

    def _put(
        self, row: int, column: int, value: Any, formula: str = "", code: str = "General"
    ) -> None:
        self.sheet.cells[row, column] = value, formula, code


def save(sheets: Mapping[int, Sheet], path: Path) -> Path:
    """Written by openpyxl, one sheet each: figures as numbers, formulas without their values."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for seed, sheet in sheets.items():
        page = book.create_sheet(str(seed))
        for (row, column), (value, formula, code) in sheet.cells.items():
            cell = page.cell(
                row, column, formula or (float(value) if isinstance(value, Decimal) else value)
            )
            cell.number_format = code
        for merge in sheet.merges:
            page.merge_cells(merge)
    book.save(path)
    return path


def recalculated(path: Path, folder: Path) -> Path:
    """The workbook opened, worked out and saved by LibreOffice into a folder."""
    office = shutil.which("soffice")
    assert office
    subprocess.run(
        [
            office,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(folder / "out"),
            str(path),
        ],
        check=True,
        capture_output=True,
        timeout=600,
    )
    return folder / "out" / path.name


def changed(path: Path, sheets: Mapping[int, Sheet], target: Path) -> dict[int, str]:
    """The workbook with one figure of every sheet off by more than rounding, and nothing else touched; says which."""
    told: dict[int, str] = {}
    with (
        zipfile.ZipFile(path) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        seeds = {f"xl/worksheets/sheet{at}.xml": seed for at, seed in enumerate(sheets, 1)}
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename in seeds:
                seed = seeds[entry.filename]
                content, told[seed] = _with_a_change(
                    content.decode(), sheets[seed], random.Random(seed)
                )
            copy.writestr(entry, content)
    return told


def _with_a_change(text: str, sheet: Sheet, chance: random.Random) -> tuple[bytes, str]:
    """One figure replaced; where it is a formula, that stays with its old value beside the new one, or goes."""
    row, column, room = chance.choice(sheet.targets)
    cell, change = (
        f"{get_column_letter(column)}{row}",
        room * chance.choice([1, -1]) * chance.choice([1, 2, 10, 1000]),
    )
    found = re.search(
        rf'<c r="{cell}"[^>]*>(?P<formula><f.*?</f>)?<v>(?P<value>[^<]*)</v></c>', text
    )
    assert found, cell
    whole = found[0].replace(
        f"<v>{found['value']}</v>", f"<v>{Decimal(found['value']) + change}</v>"
    )
    if found["formula"] and chance.random() < 0.5:
        whole = whole.replace(found["formula"], "")
    return text.replace(found[0], whole).encode(), f"{cell} {change:+}"
