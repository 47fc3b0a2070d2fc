"""Result workbooks of many kinds, and single edits of them; a seed always gives the same one."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

import openpyxl
from books import ECOLOGY, EQUALIZATION, GUARANTEE, add_rule, change, plain_tables, write_tables

from transfer_opt.allocation import allocate
from transfer_opt.commands import publish
from transfer_opt.core.errors import InfeasibleError
from transfer_opt.core.vocabulary import PROVINCE_SHARE
from transfer_opt.intake import prepare

FUNDS = (EQUALIZATION, GUARANTEE, ECOLOGY)
UNITS = ("1万元", "0.01万元", "1元", "10万元")
SCENARIOS = ("均衡优先", "稳定优先", "生态优先")
Tables = dict[str, list[list[Any]]]


def tables(seed: int, most: int = 14) -> Tables:
    """Some counties of the example with pools a little above last year's, and a few rules of their own."""
    generator = random.Random(seed)
    found = plain_tables()
    header, *rows = found["县区数据"]
    rows = [row for row in rows if row[header.index("县区名称")]]  # not the footer
    kept = generator.sample(rows, generator.randint(6, most))
    found["县区数据"] = [header, *kept]
    found["资金总额"] = [row for row in found["资金总额"] if row[0] in ("资金", *FUNDS)]
    for row in found["资金总额"][1:]:
        last = sum(float(each[header.index(f"上年{row[0]}")] or 0) for each in kept)
        row[1:3] = [round(last * generator.uniform(1.03, 1.10)), round(last)]
        row[found["资金总额"][0].index(PROVINCE_SHARE)] = row[1] // 10
    change(found, "约束参数", lambda row: row["规则"] == "单县占比上限", 取值=0.6)
    names = [str(row[header.index("县区名称")]) for row in kept]
    if generator.random() < 0.5:
        add_rule(
            found,
            规则="增幅上限",
            资金=GUARANTEE,
            参数="增幅上限",
            对象=names[0],
            取值=0.4,
            依据条款="省定",
        )
    if generator.random() < 0.3:
        change(
            found,
            "约束参数",
            lambda row: row["规则"] == "位次不逆转",
            启用="是",
            刚性="软",
            优先级=3,
        )
    if generator.random() < 0.5:
        found["县区上下限"] = [
            ["县区名称", "资金", "下限", "上限", "理由"],
            [names[1], GUARANTEE, 100, None, "=新增支出（测试）"],
            [names[2], EQUALIZATION, None, 200000, "上年结余"],
        ]
    return found


def impossible(path: Path) -> Path:
    """A budget of a few counties whose floors ask for more than a pool that is less than last year's."""
    found = tables(1, most=7)
    header, *rows = found["县区数据"]
    last = sum(row[header.index(f"上年{EQUALIZATION}")] for row in rows)
    change(found, "资金总额", lambda row: row["资金"] == EQUALIZATION, 本年总额=round(last * 0.97))
    return write_tables(path, found)


def write_result(folder: Path, seed: int, most: int = 14) -> tuple[Path, Path] | None:
    """A budget and its result; None where the rules contradict each other."""
    generator = random.Random(f"choices {seed}")
    budget, result = folder / f"{seed}.xlsx", folder / f"{seed}_分配结果.xlsx"
    scenario = generator.choice((None, *SCENARIOS))
    write_tables(budget, tables(seed, most))
    try:
        outcome = allocate.allocate(
            prepare.prepare(budget, scenario=scenario, unit=generator.choice(UNITS)),
            relax=generator.random() < 0.2,
        )
    except InfeasibleError:
        return None
    publish.write(outcome, result)
    return budget, result


@dataclass(frozen=True)
class Edit:
    """What was done to one cell."""

    sheet: str
    cell: str
    before: str
    after: str


def edit_stored(source: Path, target: Path, seed: int, among: Sequence[str] = ()) -> Edit:
    """Change what one cell holds, by its stored text: a number, the value a formula carries, a formula, or a text.

    Of the sheets `among`, by default of any.
    """
    generator = random.Random(seed)
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheets = dict(
        zip(
            re.findall(r'<sheet name="([^"]+)"', parts["xl/workbook.xml"].decode()),
            range(1, 99),
            strict=False,
        )
    )
    sheet = generator.choice(sorted(among or sheets))
    part = f"xl/worksheets/sheet{sheets[sheet]}.xml"
    text = parts[part].decode()
    cells = list(re.finditer(r'<c r="([A-Z]+\d+)"([^>]*)>(?:<f>(.*?)</f>)?<v>(.*?)</v></c>', text))
    cell = generator.choice(cells)
    shared = 't="s"' in cell[2]
    if shared:
        words = re.findall(r"<si>.*?</si>", parts["xl/sharedStrings.xml"].decode(), re.DOTALL)
        before = unescape(re.sub(r"<[^>]+>", "", words[int(cell[4])]))
        after = _other_text(generator, before)
        escaped = after.replace("&", "&amp;").replace("<", "&lt;")
        kept = cell[2].replace('t="s"', 't="inlineStr"')
        new = f'<c r="{cell[1]}"{kept}><is><t xml:space="preserve">{escaped}</t></is></c>'
    elif cell[3] and generator.random() < 0.5:
        before, after = cell[3], cell[3] + "+1"
        new = cell[0].replace(f"<f>{before}</f>", f"<f>{after}</f>")
    else:
        before = cell[4]
        after = (
            _other_text(generator, before)
            if 't="str"' in cell[2]
            else _other_number(generator, before or "0")
        )
        new = cell[0].replace(f"<v>{before}</v>", f"<v>{after}</v>")
    parts[part] = (text[: cell.start()] + new + text[cell.end() :]).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return Edit(sheet, cell[1], before[:80], after[:80])


def edit_opened(source: Path, target: Path, seed: int, among: Sequence[str] = ()) -> Edit:
    """Change one cell as a person with a spreadsheet program does, and save the whole file again."""
    generator = random.Random(seed)
    book = openpyxl.load_workbook(source)
    sheet = generator.choice([book[name] for name in among] or book.worksheets)
    cell = generator.choice(
        [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    )
    before = cell.value
    if isinstance(before, int | float):
        cell.value = generator.choice(
            [None, before + 1, float(_other_number(generator, repr(before)))]
        )
    elif cell.data_type == "f":
        cell.value = generator.choice([None, 0, before + "+1", "=1"])
    else:
        cell.value = generator.choice([None, _other_text(generator, before)])
    book.save(target)
    return Edit(sheet.title, cell.coordinate, str(before)[:80], str(cell.value)[:80])


def _other_number(generator: random.Random, text: str) -> str:
    value = float(text)
    return repr(
        generator.choice([value + 1, value - 1, value * 1.01 + 0.01, -value - 1, value + 0.0001])
    )


def _other_text(generator: random.Random, text: str) -> str:
    at = generator.randrange(len(text)) if text else 0
    other = "2" if text[at : at + 1] == "1" else "1"
    return generator.choice(
        [text + "1", text[:at] + other + text[at + 1 :], text[:at] + "甲" + text[at:]]
    )


def edited(source: Path, target: Path, change: Callable[[Any], None]) -> Path:
    """A copy of a workbook, changed by a spreadsheet library."""
    book = openpyxl.load_workbook(source)
    change(book)
    book.save(target)
    return target
