"""Codes told by commands: what calls for the code, and the nearest command that must not tell it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import hostile
import xlsxwriter
from books import ECOLOGY, EQUALIZATION, EXAMPLE, ROOT, add_rule
from cases import SPEC
from corpus import both, tables
from forgery import Book, reseal
from msoffcrypto.format.ooxml import OOXMLFile
from richbook import write_rich_table

from sentences.desk import Desk
from sentences.hands import cell, handled
from transfer_opt.allocation.allocate import instance_of
from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.commands import adjust as adjusting
from transfer_opt.commands.adjust import Adjusted, Wish
from transfer_opt.core.errors import InputError
from transfer_opt.policy.model import Change
from transfer_opt.scenarios.frontier import checked_pair, refuse_unknown
from transfer_opt.scenarios.goals import parse_goal
from transfer_opt.scenarios.need import lever
from transfer_opt.scenarios.sweep.plan import plan as sweep_plan

MONEY = [["名称", "金额"], ["一县", 10.5], ["二县", 20.5], ["合计", 31]]
STORED = [["名称", "金额"], ["一县", 10.4], ["二县", 20.4], ["合计", 30.8]]
FIXTURES = ROOT / "tests" / "fixtures"
Say = Callable[[Desk], str]


@dataclass(frozen=True)
class Row:
    """A code, what calls for it, and what is next to that and must not."""

    code: str
    wrong: Say
    right: Say


def check(name: str, content: bytes) -> Say:
    """`check` of a file made of these bytes."""
    return lambda desk: desk.says("check", desk.file(name, content))


def example(desk: Desk) -> str:
    """`check` of the example as it stands."""
    return desk.says("check", EXAMPLE)


def solve(*options: str) -> Say:
    """`solve` of the example, with what it may be told besides."""
    return lambda desk: (
        desk.says("solve", EXAMPLE, "-o", desk.path("选.xlsx"), *options)
        if options
        else desk.solved
    )


def locked(desk: Desk) -> Path:
    """The example behind the password abc."""
    path = desk.path("锁.xlsx")
    if not path.exists():
        with EXAMPLE.open("rb") as stream, path.open("wb") as target:
            OOXMLFile(stream).encrypt("abc", target)
    return path


def unlocked(file: str) -> Say:
    """`check` of it with a password file that lies there, or does not."""

    def say(desk: Desk) -> str:
        desk.file("密码.txt", "abc\n")
        return desk.says("check", locked(desk), "--password-file", desk.path(file))

    return say


def model(old: str, new: str) -> Say:
    """`check` with the shipped model file, one text of it replaced."""

    def say(desk: Desk) -> str:
        text = (ROOT / "models" / "qinghai" / "model.toml").read_text(encoding="utf-8")
        assert old in text
        return desk.says(
            "check",
            EXAMPLE,
            "--model",
            desk.file(f"型{desk.slot(new)}.toml", text.replace(old, new)),
        )

    return say


def grown(value: float | None) -> Say:
    """`check` where 生态稳定增长 is on for a fund for which neither the model nor, without a value, the workbook has a rate."""
    row = {
        "规则": "生态稳定增长",
        "资金": EQUALIZATION,
        "参数": "增长率",
        "启用": "是",
        "取值": value,
    }

    def say(desk: Desk) -> str:
        text = (ROOT / "models" / "qinghai" / "model.toml").read_text(encoding="utf-8")
        head, rate, tail = text.partition(
            '[rules."生态稳定增长".parameters."增长率"]\ndefault = 0.03'
        )
        assert rate
        only = rate.replace("0.03", f'{{ "{ECOLOGY}" = 0.03 }}')
        source = desk.book(f"增{value}.xlsx", tables(lambda found: add_rule(found, **row)))
        return desk.says("check", source, "--model", desk.file("增.toml", head + only + tail))

    return say


def other_model(desk: Desk) -> Path:
    """The shipped model with another comment: another file that says the same."""
    folder = desk.path("别的模型")
    if not folder.exists():
        shutil.copytree(ROOT / "models" / "qinghai", folder)
        with (folder / "model.toml").open("a", encoding="utf-8") as file:
            file.write("\n# 又一份\n")
    return folder / "model.toml"


def explain(*words: int | str, change: Callable[[Any], None] | None = None) -> Say:
    """`explain` of the small result, its counties by their place."""
    return lambda desk: desk.says(
        "explain",
        desk.changed(desk.small[1], change) if change else desk.small[1],
        *(desk.counties[word] if isinstance(word, int) else word for word in words),
    )


def audit(change: Callable[[Any], None] | None = None, *, budget: bool = False) -> Say:
    """`audit` of the small result, changed, alone or against its budget."""

    def say(desk: Desk) -> str:
        path = desk.changed(desk.small[1], change) if change else desk.small[1]
        return desk.says("audit", path, *([desk.small[0]] if budget else []))

    return say


def rounding(rows: Any, *options: str, name: str = "整.xlsx") -> Say:
    """`round` of a table to whole numbers."""
    unit = () if "--unit" in options else ("--unit", "1")

    def say(desk: Desk) -> str:
        if callable(rows):
            source = rows(desk)
        elif isinstance(rows, Path):
            source = rows
        else:
            source = desk.table(f"表{desk.slot(str(rows))}.xlsx", rows)
        given = [desk.path(word) if word.endswith(".txt") else word for word in options]
        return desk.says("round", source, *unit, *given, "-o", desk.path(name))

    return say


def footing(rows: Any) -> Say:
    """`audit` of a table."""
    return lambda desk: desk.says("audit", desk.table(f"核{desk.slot(str(rows))}.xlsx", rows))


def compare(*files: Callable[[Desk], Path], options: tuple[str, ...] = ()) -> Say:
    """`compare` of files."""
    return lambda desk: desk.says(
        "compare", *(file(desk) for file in files), "-o", desk.path("比.xlsx"), *options
    )


def budget(desk: Desk) -> Path:
    """The small budget."""
    return desk.small[0]


def result(desk: Desk) -> Path:
    """Its result."""
    return desk.small[1]


def listed(rows: list[list[Any]], unit: str = "万元") -> Callable[[Desk], Path]:
    """A table of amounts by county."""
    return lambda desk: desk.table(f"列{unit}.xlsx", [[f"单位：{unit}"], *rows])


def refused(ask: Callable[[Desk], object]) -> Say:
    """What is told where something asked for is refused; nothing where it is answered."""

    def say(desk: Desk) -> str:
        try:
            ask(desk)
        except InputError as error:
            return str(error)
        return ""

    return say


def wish(
    county: str = "",
    fund: str = "均衡性",
    to: str = "",
    reason: str = "雪灾",
    zoneless: bool = False,
) -> Callable[[Desk], Adjusted]:
    """A decision on the small result: half of what was computed, unless another amount is named."""

    def ask(desk: Desk) -> Adjusted:
        name = county or (desk.zoneless if zoneless else desk.counties[0])
        amount = to or str(desk.given(desk.counties[0]) // 2)
        return adjusting.adjust(desk.base, Wish(name, fund, amount, reason, "会议"))

    return ask


def unmoved(desk: Desk) -> Adjusted:
    """A decision for what was computed anyway."""
    name = desk.counties[0]
    return adjusting.adjust(desk.base, Wish(name, "均衡性", str(desk.given(name)), "雪灾", "会议"))


def warned(ask: Callable[[Desk], Adjusted]) -> Say:
    """What a decision is warned of."""
    return lambda desk: "\n".join(map(str, ask(desk).warnings))


def moved(desk: Desk) -> Iterator[Adjusted]:
    """One publishing unit more for one county and less for another, each pair once."""
    for one, other in permutations(desk.counties, 2):
        up = Wish(one, "均衡性", str(desk.given(one) + desk.unit), "雪灾", "会议")
        down = Wish(other, "均衡性", str(desk.given(other) - desk.unit), "雪灾", "会议")
        yield adjusting.adjust(adjusting.adjust(desk.base, up), down)


def balanced(desk: Desk) -> Adjusted:
    """Two decisions that come to nothing in sum and break the fewest rules."""
    return min(moved(desk), key=lambda made: len(made.warnings))


def goal(text: str) -> Say:
    """A goal of `need`."""
    return refused(lambda desk: parse_goal(text, desk.case, SPEC))


def by(text: str) -> Say:
    """What `need` is to vary."""
    return refused(lambda desk: lever(desk.prepared, desk.case, text))


def sweep(*varies: str, uncertain: tuple[str, ...] = (), draws: int | None = None) -> Say:
    """What `sweep` is to vary."""
    return refused(lambda desk: sweep_plan(desk.prepared, varies, uncertain, draws, 1))


def frontier(*pair: str, hard: bool = False, born: bool = False) -> Say:
    """The two objectives of `frontier`, on the small budget; with its rule of needs hard, or without any last year."""

    def ask(desk: Desk) -> None:
        prepared = desk.newborn if born else desk.prepared
        changes = [Change("三保兜底", hard=True)] if hard else []
        case = instance_of(prepared, "highs").case
        formulation = formulate(case, prepared.settings.changed(*changes), prepared.objective)
        refuse_unknown(case, formulation, checked_pair(pair))

    return refused(ask)


def need(goal: str, *, born: bool) -> Say:
    """`need` where there was no last year, or there was."""
    return lambda desk: desk.says(
        "need",
        desk.path("新.xlsx") if born and desk.newborn else desk.small[0],
        "--for",
        goal,
        "--by",
        "生态",
    )


def with_formulas(desk: Desk, name: str, rows: list[list[Any]]) -> Path:
    """A table some of whose cells are formulas with the value they carry."""
    book = xlsxwriter.Workbook(str(desk.path(name)))
    sheet = book.add_worksheet("表")
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            if isinstance(value, tuple):
                sheet.write_formula(row, column, value[0], None, value[1])
            elif value is not None:
                sheet.write(row, column, value)
    book.close()
    return desk.path(name)


def calculated(command: str, formula: str, value: object) -> Say:
    """`round` or `audit` of a table with a formula beside its amounts."""
    rows = [
        ["名称", "金额", "查得"],
        ["一县", 10.5, (formula, value)],
        ["二县", 20.5, None],
        ["合计", 31, None],
    ]
    options = ("--unit", "1") if command == "round" else ()

    def say(desk: Desk) -> str:
        source = with_formulas(desk, f"式{desk.slot(formula + str(value))}.xlsx", rows)
        target = ("-o", desk.path("式整.xlsx")) if options else ()
        return desk.says(command, source, *options, *target)

    return say


def half(formula: str | None, shown: float = 10.5) -> Say:
    """`round` of a table where 10.5 is typed, or comes from a formula that will not come to another."""
    value = (formula, shown) if formula else shown
    rows = [["名称", "金额"], ["一县", value], ["二县", 20.5], ["合计", ("=SUM(B2:B3)", 31)]]
    return lambda desk: desk.says(
        "round",
        with_formulas(desk, f"半{bool(formula)}{shown}.xlsx", rows),
        "--unit",
        "1",
        "-o",
        desk.path("半整.xlsx"),
    )


def resealed(change: Callable[[Any], None]) -> Say:
    """`audit` of the small result, changed by somebody who makes every seal again."""

    def say(desk: Desk) -> str:
        path = desk.changed(desk.small[1], change)
        reseal(path)
        return desk.says("audit", path)

    return say


def older(desk: Desk) -> str:
    """`audit` of the small result as another version would have written it, in other words."""
    book, path = Book(desk.small[1]), desk.path("旧.xlsx")
    book.put(book.find("审计信息", "工具版本")[0].getnext(), "transfer-opt 0.0.9")
    texts = (each for each in book.cells("测算说明") if each.get("r").startswith("T"))
    book.put(next(each for each in texts if int(each.get("r")[1:]) > 4), "另一版本的话。")
    book.save(path)
    reseal(path)
    return desk.says("audit", path, desk.small[0])


def released(desk: Desk) -> str:
    """`audit` of a result of the first version, whose model file was another."""
    return desk.says("audit", ROOT / "tests" / "fixtures" / "results" / "0.1.0_结果.xlsx")


def renamed(desk: Desk) -> Path:
    """The small budget under another name."""
    return Path(shutil.copy(desk.small[0], desk.path("另名.xlsx")))


def saved_again(desk: Desk) -> Path:
    """The small budget as another program saves it."""
    return desk.changed(desk.small[0], lambda book: None)


def against(budget: Callable[[Desk], Path]) -> Say:
    """`audit` of the small result against this budget."""
    return lambda desk: desk.says("audit", desk.small[1], budget(desk))


def adjusted(desk: Desk) -> Path:
    """The small result with one decision."""
    path = desk.path("已调.xlsx")
    if not path.exists():
        adjusting.write(wish()(desk), path)
    return path


def audited(path: Callable[[Desk], Path], change: Callable[[Any], None] | None = None) -> Say:
    """`audit` of another file, changed or not."""
    return lambda desk: desk.says(
        "audit", desk.changed(path(desk), change) if change else path(desk)
    )


def compared(desk: Desk) -> Path:
    """A comparison of the small result with itself."""
    compare(result, result)(desk)
    return desk.path("比.xlsx")


def edited_budget(*edits: Any, options: tuple[str, ...] = ()) -> Say:
    """`solve` of the example edited."""

    def say(desk: Desk) -> str:
        source = desk.book(f"改例{desk.slot(str(edits))}.xlsx", tables(both(*edits)))
        return desk.says("solve", source, "-o", desk.path("改例结果.xlsx"), *options)

    return say


def part(old: str, new: str) -> Say:
    """`check` of the example with a text of its first sheet replaced."""
    return lambda desk: desk.says(
        "check", desk.file(f"片{desk.slot(new)}.xlsx", hostile.edited(hostile.SHEET, old, new)())
    )


def merged(cells: str) -> Say:
    """The same with cells merged."""
    return part(
        "</sheetData>", f'</sheetData><mergeCells count="1"><mergeCell ref="{cells}"/></mergeCells>'
    )


def rename(column: str) -> Say:
    """`check` with a column to be read as 可用财力."""
    return lambda desk: desk.says("check", EXAMPLE, "--rename", f"{column}=可用财力")


def into(*options: str, again: bool) -> Say:
    """`solve` that adds its sheets to a copy of a workbook that holds a result, or none."""

    def say(desk: Desk) -> str:
        copy = desk.path("副本.xlsx")
        if again:
            desk.says("solve", desk.small[0], "--into", copy, "--quiet")
        source = copy if again else desk.small[0]
        return desk.says("solve", source, "--into", desk.path("副本2.xlsx"), *options)

    return say


def small(*options: str) -> Say:
    """`solve` of the small budget."""
    return lambda desk: desk.says("solve", desk.small[0], "-o", desk.path("小.xlsx"), *options)


def other(command: str) -> Say:
    """A command on the small result with another model file."""
    return lambda desk: desk.says(
        command,
        desk.small[1],
        *(["-o", desk.path("型.xlsx")] if command == "compare" else []),
        "--model",
        other_model(desk),
    )


def renamed_county(desk: Desk) -> Path:
    """The small result with a county under another name."""
    return desk.changed(desk.small[1], cell("分配结果", "B7", "甲县"))


def handled_result(desk: Desk) -> Path:
    """The small result after many hands."""
    return desk.changed(desk.small[1], handled)


def locked_table(desk: Desk) -> Path:
    """A table behind a password."""
    path = desk.path("锁表.xlsx")
    desk.file("密码.txt", "abc\n")
    with desk.table("未锁.xlsx", MONEY).open("rb") as stream, path.open("wb") as target:
        OOXMLFile(stream).encrypt("abc", target)
    return path


def rich(desk: Desk) -> Path:
    """A table in a workbook with a pivot table."""
    return write_rich_table(desk.path("富.xlsx"))


def shown(code: str) -> Say:
    """`audit` of a table whose figures are shown with this format."""

    def say(desk: Desk) -> str:
        def dress(book: Any) -> None:
            for row in book.worksheets[0].iter_rows(min_row=2, min_col=2):
                row[0].number_format = code

        return desk.says("audit", desk.changed(desk.table("示.xlsx", STORED), dress))

    return say
