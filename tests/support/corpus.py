"""Odd workbooks that people really have, each with what must become of it.

A case edits the example's plain tables (unit in row 1, headers in row 2, 城中区 in row 4) or makes a file of its own.
`same`: no error, the program of the example (or of `like`), these warnings. `told`: no error, these warnings.
`refused`: these errors. A mention is 「code sheet place」 where place is a cell or a column.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from books import (
    ECOLOGY,
    EQUALIZATION,
    EXAMPLE,
    GUARANTEE,
    add_rule,
    change,
    plain_tables,
    write_tables,
)

COUNTIES, POOLS, RULES, SCENARIOS, BOUNDS = "县区数据", "资金总额", "约束参数", "方案", "县区上下限"
BOUND_HEADERS = ["行政区划代码", "县区名称", "资金", "下限", "上限", "理由"]
Tables = dict[str, list[list[Any]]]
Edit = Callable[[Tables], None]
Outcome = Literal["same", "told", "refused", "file"]


@dataclass(frozen=True)
class Odd:
    """One workbook and what must become of it."""

    kind: str
    name: str
    make: Callable[[Path], Path]
    outcome: Outcome
    mentions: tuple[str, ...] = ()
    like: Edit | None = None
    """The plain reading it must equal, where that is not the example itself."""

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"


def tables(edit: Edit | None = None) -> Tables:
    """The example's plain tables, with an edit.

    The remarks below the tables are left out, so that an added row follows the last one.
    """
    result = {
        name: [row for row in rows if any(cell is not None for cell in row[1:])]
        for name, rows in plain_tables().items()
    }
    if edit:
        edit(result)
    return result


def book(
    kind: str,
    name: str,
    edit: Edit,
    outcome: Outcome,
    *mentions: str,
    like: Edit | None = None,
    unit: str = "万元",
) -> Odd:
    """A case made by editing the plain tables."""
    return Odd(
        kind,
        name,
        lambda folder: write_tables(folder / "b.xlsx", tables(edit), unit),
        outcome,
        mentions,
        like,
    )


# ---------------------------------------------------------------- edits


def county(name: str = "城中区", **values: Any) -> Edit:
    """Puts values into one county's row."""
    return lambda found: change(found, COUNTIES, lambda row: row["县区名称"] == name, **values)


def pool(fund: str, **values: Any) -> Edit:
    """Puts values into one fund's row."""
    return lambda found: change(found, POOLS, lambda row: row["资金"] == fund, **values)


def header(sheet: str, old: str, new: object) -> Edit:
    """Writes another header."""

    def edit(found: Tables) -> None:
        found[sheet][0][found[sheet][0].index(old)] = new

    return edit


def without_column(sheet: str, name: str) -> Edit:
    """Takes a column out."""

    def edit(found: Tables) -> None:
        at = found[sheet][0].index(name)
        for row in found[sheet]:
            del row[at]

    return edit


def with_column(sheet: str, name: str, value: Callable[[list[Any]], Any]) -> Edit:
    """Adds a column at the right."""

    def edit(found: Tables) -> None:
        head, *rows = found[sheet]
        head.append(name)
        for row in rows:
            row.append(value(row))

    return edit


def added(sheet: str, *rows: list[Any], at: int | None = None) -> Edit:
    """Adds rows, at the end or at a place."""

    def edit(found: Tables) -> None:
        place = len(found[sheet]) if at is None else at
        found[sheet][place:place] = [list(row) for row in rows]

    return edit


def removed(sheet: str, first: str) -> Edit:
    """Takes the rows out that hold a text."""

    def edit(found: Tables) -> None:
        found[sheet] = [row for row in found[sheet] if first not in row]

    return edit


def renamed_sheet(old: str, new: str) -> Edit:
    """Gives a sheet another name."""

    def edit(found: Tables) -> None:
        items = [(new if name == old else name, rows) for name, rows in found.items()]
        found.clear()
        found.update(items)

    return edit


def bounds(*rows: list[Any]) -> Edit:
    """Adds 「县区上下限」."""
    return lambda found: found.update({BOUNDS: [BOUND_HEADERS, *rows]})


def both(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(found: Tables) -> None:
        for each in edits:
            each(found)

    return edit


def of(place: str, value: object) -> Edit:
    """A rule that speaks of one object."""
    return lambda found: add_rule(
        found, 规则="增幅上限", 资金=EQUALIZATION, 参数="增幅上限", 对象=place, 取值=value
    )


# ---------------------------------------------------------------- values

SAME_NUMBER = [
    "125882",
    "１２５８８２",
    "125,882",
    "125，882",
    "１２５，８８２",
    " 125882 ",
    "125 882",
    "125\u00a0882",
    "125\u200b882",
    "125882.0",
    "1.25882E5",
    "+125882",
    "￥125882",
    "¥125,882",
    "125882万元",
    "\u202a125882\u202c",
    "125\u2009882",
    "125882．００",
]
NO_NUMBER = [
    "N/A",
    "#N/A!",
    "—",
    "/",
    "无",
    "约125882",
    "12,58,82",
    "125882元左右",
    "1.2.3",
    "nan",
    "NaN",
    "inf",
    "-Infinity",
    "1e",
    "0x10",
    "一万",
    "½",
    "125882a",
    "12.5亿元",
    "125882元",
    "2026-01-05",
    "125882①",
    "125882²",
    "1 25882",
    "125882*",
    "见附表",
    "12%",
    "１２．５％",
    "100 %",
    True,
    False,
    datetime.date(2026, 1, 5),
    datetime.datetime(2026, 1, 5, 8, 30),
    datetime.time(8, 30),
]
MINUS = ["-5", "\u22125", "－5", "–5", "﹣5", "(5)", "（5）", "- 5", "−５"]
NOTHING = [None, "", " ", "\u3000", "\u200b", "\u00a0 \ufeff"]


def values() -> Iterator[Odd]:
    """What a numeric cell may hold."""
    for text in SAME_NUMBER:
        yield book("文本数字", ascii(text), county(可用财力=text), "same", f"W130 {COUNTIES} G4")
    for text in MINUS:
        yield book(
            "负号",
            ascii(text),
            county(可用财力=text),
            "same",
            f"W130 {COUNTIES} G4",
            like=county(可用财力=-5),
        )
    for value in NO_NUMBER:
        yield book(
            "不是数字", ascii(value), county(可用财力=value), "refused", f"E102 {COUNTIES} G4"
        )
    yield book("不是数字", "人口12%", county(常住人口="12%"), "refused", f"E102 {COUNTIES} D4")
    yield book(
        "不是数字", "总额12%", pool(GUARANTEE, 本年总额="12%"), "refused", f"E102 {POOLS} B4"
    )
    for value in NOTHING:
        yield book("空白", ascii(value), county(可用财力=value), "refused", f"E314 {COUNTIES} G4")
    for value in (1e308, -1e308, 1.0000001e13, "1e308", "1e999"):
        yield book("过大", str(value), county(可用财力=value), "refused", f"E103 {COUNTIES} G4")
    yield book(
        "过大",
        "两格1e308",
        both(
            county(**{f"上年{EQUALIZATION}": 1e308}),
            county("城东区", **{f"上年{EQUALIZATION}": 1e308}),
        ),
        "refused",
        f"E103 {COUNTIES} O4",
        f"E103 {COUNTIES} O3",
    )
    for value in (0, -1, "0", "０", "-325813", 0.0):
        column_code = "E104" if str(value).startswith("-") else "E105"
        yield book(
            "人口", str(value), county(常住人口=value), "refused", f"{column_code} {COUNTIES} D4"
        )
    yield book("人口", "标准财政支出为0", county(标准财政支出=0), "refused", f"E105 {COUNTIES} F4")
    yield book("资金总额", "文本", pool(GUARANTEE, 本年总额="438,000"), "same", f"W130 {POOLS} B4")
    yield book("资金总额", "空着", pool(GUARANTEE, 本年总额=None), "refused", f"E322 {POOLS} B4")
    yield book(
        "资金总额", "1e999", pool(GUARANTEE, 本年总额="1e999"), "refused", f"E103 {POOLS} B4"
    )
    for text in ("inf", "nan", "1e999", "0", "1.5", "高"):
        yield book(
            "优先级",
            text,
            lambda found, text=text: add_rule(  # type: ignore[misc]
                found,
                规则="增幅上限",
                资金=EQUALIZATION,
                参数="增幅上限",
                对象="玛多县",
                取值=0.2,
                优先级=text,
            ),
            "refused",
            f"E212 {RULES} 优先级",
        )
    for text in ("nan", "inf", "百分之五", True, "1e999", "五成"):
        yield book("取值", str(text), of("玛多县", text), "refused", f"E2(09|10) {RULES} 取值")


# ---------------------------------------------------------------- names and codes

SAME_NAME = [
    "城 中 区",
    "城中区 ",
    "\u200b城中区",
    "城中区\ufeff",
    "城\u3000中\u3000区",
    "城中区\n",
    "城\u00ad中区",
]
INJECTED = [
    "+城中区",
    "-城中区",
    "@SUM(A1)",
    "＝城中区",
    "城中区\t=1+1",
    "<b>城中区</b>",
    '城中区" & A1 & "',
]
SAME_CODE = ["６３０１０３", 630103, 630103.0, "630103 ", "63 0103", "\u200b630103"]
MATCHES = [  # code, name of the row in 「县区上下限」; the county meant; the warning
    (None, "玛多县", "玛多县", ""),
    ("632626", None, "玛多县", ""),
    (632626, None, "玛多县", ""),
    ("632626", "玛多县", "玛多县", ""),
    (None, "玛 多 县", "玛多县", ""),
    (None, "玛\u200b多县", "玛多县", ""),
    (None, "玛多", "玛多县", "W347"),
    ("632626", "玛多", "玛多县", "W347"),
    ("999999", "玛多县", "玛多县", "W347"),
    (None, "大通县", "大通回族土族自治县", "W347"),
    (None, "大柴旦", "大柴旦行政委员会", "W347"),
    (None, "大柴旦行委", "大柴旦行政委员会", "W347"),
    (None, "门源", "门源回族自治县", "W347"),
    (None, "河南县", "河南蒙古族自治县", "W347"),
    (None, "湟中县", "湟中区", "W347"),
    ("630122", None, "湟中区", "W347"),
    ("630122", "湟中县", "湟中区", "W347"),
    (None, "同仁县", "同仁市", "W347"),
    ("632321", "同仁县", "同仁市", "W347"),
]


def names() -> Iterator[Odd]:
    """Names and codes padded, short, former, doubled, missing."""
    for text in SAME_NAME:
        yield book("名称空白", ascii(text), county(县区名称=text), "same")
    for text in INJECTED:
        yield book("公式注入", ascii(text), county(县区名称=text), "same")
    yield book(
        "公式注入",
        "=HYPERLINK",
        county(县区名称='=HYPERLINK("http://x.invalid","a")'),
        "refused",
        f"E127 {COUNTIES} B4",
    )
    for code in SAME_CODE:
        yield book("代码", ascii(code), county(行政区划代码=code), "same")
    for code in ("63010", "6301033", "六三零一零三", "630103A"):
        yield book("代码", ascii(code), county(行政区划代码=code), "told", f"W351 {COUNTIES} A4")
    for code, name, meant, warning in MATCHES:
        row = [None, meant, EQUALIZATION, None, EQUAL_CAP, "示例"]
        mentions = (
            (f"{warning} {BOUNDS} {'B2' if name else 'A2'}".replace("2", "3"),) if warning else ()
        )
        yield book(
            "县区匹配",
            f"{code}-{ascii(name)}",
            bounds([code, name, EQUALIZATION, None, EQUAL_CAP, "示例"]),
            "same",
            *mentions,
            like=bounds(row),
        )
    yield book(
        "县区匹配",
        "代码名称不符",
        bounds(["632626", "玉树市", EQUALIZATION, None, 1, "x"]),
        "refused",
        f"E336 {BOUNDS} B3",
    )
    yield book(
        "县区匹配",
        "都没有",
        bounds(
            ["999999", "甲县", EQUALIZATION, None, 1, "x"],
            [None, "乙县", EQUALIZATION, None, 1, "x"],
            ["888888", None, EQUALIZATION, None, 1, "x"],
        ),
        "refused",
        f"E331 {BOUNDS} B3",
        f"E331 {BOUNDS} B4",
        f"E331 {BOUNDS} A5",
    )
    yield book(
        "县区匹配",
        "同一县两种写法",
        bounds(
            [None, "大通县", EQUALIZATION, None, 1, "x"],
            ["630121", None, EQUALIZATION, None, 2, "x"],
        ),
        "refused",
        f"E334 {BOUNDS} B4",
    )
    for place, meant in (
        ("大通县", "大通回族土族自治县"),
        ("玛 多 县", "玛多县"),
        ("湟中县", "湟中区"),
        ("630122", "湟中区"),
        ("大柴旦", "大柴旦行政委员会"),
        ("玉树州", "玉树藏族自治州"),
    ):
        told = () if place == "玛 多 县" else (f"W214 {RULES} 对象",)
        yield book("对象匹配", place, of(place, 0.2), "same", *told, like=of(meant, 0.2))
    for place in ("玉树", "甲县", "海"):
        yield book("对象匹配", place, of(place, 0.2), "refused", f"E204 {RULES} 对象")
    yield book("旧名", "湟中县", county("湟中区", 县区名称="湟中县"), "same", f"W352 {COUNTIES} B7")
    yield book(
        "旧名", "630122", county("湟中区", 行政区划代码="630122"), "told", f"W352 {COUNTIES} A7"
    )
    yield book(
        "旧名",
        "632321同仁县",
        county("同仁市", 行政区划代码="632321", 县区名称="同仁县"),
        "told",
        f"W352 {COUNTIES} A20",
    )
    for name, code in (
        ("湟中县", "630122"),
        ("湟中县", "630199"),
        ("大通县", "630199"),
        ("城 中区", "630199"),
        ("甲区", "630103"),
    ):
        yield book(
            "重复县区",
            f"{name}{code}",
            added(COUNTIES, [code, name, "西宁市", *[100] * 7, None, 0, None, None, 1, 1, None]),
            "refused",
            f"E305 {COUNTIES} {'A' if name == '甲区' else 'B'}48",
        )
    yield book(
        "重复县区",
        "整行",
        lambda found: found[COUNTIES].append(list(found[COUNTIES][2])),
        "refused",
        f"E305 {COUNTIES} A48",
        f"E305 {COUNTIES} B48",
    )
    for column, letter in (("县区名称", "B"), ("市州", "C"), ("行政区划代码", "A")):
        for blank in (None, "\u200b"):
            yield book(
                "名称缺失",
                f"{column}{ascii(blank)}",
                county(**{column: blank}),
                "refused",
                f"E304 {COUNTIES} {letter}4",
            )
    for name in (datetime.date(2026, 3, 5), 12345, True, "12345", "——"):
        yield book("名称不是名称", str(name), county(县区名称=name), "told", f"W351 {COUNTIES} B4")
    for text in ("西宁", "西 宁 市", "西宁市\u200b"):
        told = (f"W353 {COUNTIES} C4",) if text == "西宁" else ()
        yield book("市州写法", ascii(text), county(市州=text), "same", *told)
    yield book("缺县", "玛多县", removed(COUNTIES, "玛多县"), "told", f"W346 {POOLS} C3")


EQUAL_CAP = 14000

# ---------------------------------------------------------------- headers, rows, sheets


def layouts() -> Iterator[Odd]:
    """Headers, totals rows, sheets, units."""
    for old, new in (
        ("可用财力", "可 用\n财 力"),
        ("可用财力", "可用财力（万元）"),
        ("可用财力", "可用财力\u200b"),
        ("可用财力", "*可用财力"),
        ("可用财力", "可用财力:"),
        ("常住人口", "常住人口【人】"),
        ("县区名称", "县区名称 "),
    ):
        yield book("表头写法", ascii(new), header(COUNTIES, old, new), "same")
    for old, new, cell in (
        ("可用财力", "可用财力合计", "G2"),
        ("县区名称", "单位名称", "B2"),
        ("行政区划代码", "区划代码", "A2"),
    ):
        yield book("表头别名", new, header(COUNTIES, old, new), "same", f"W131 {COUNTIES} {cell}")
    for name in (
        "可用财力",
        "标准财政支出",
        "标准财政收入",
        "保工资需求",
        f"上年{EQUALIZATION}",
        "功能区类型",
        "困难地区类型",
    ):
        yield book(
            "缺表头", name, without_column(COUNTIES, name), "refused", f"E310 {COUNTIES} {name}"
        )
    for name in ("县区名称", "市州"):
        yield book(
            "缺表头", name, without_column(COUNTIES, name), "refused", f"E302 {COUNTIES} {name}"
        )
    yield book(
        "缺表头",
        "生态考核结果",
        header(COUNTIES, "生态考核结果", "生态考核结里"),
        "refused",
        f"W136 {COUNTIES} M2",
        f"E310 {COUNTIES} 生态考核结果",
    )
    yield book(
        "缺表头",
        "提前下达无此资金",
        with_column(COUNTIES, "提前下达均衡性转移", lambda row: 1),
        "told",
        f"W136 {COUNTIES} R2",
    )
    yield book(
        "缺表头", "本年总额", without_column(POOLS, "本年总额"), "refused", f"E302 {POOLS} 本年总额"
    )
    yield book("缺表头", "取值", without_column(RULES, "取值"), "refused", f"E302 {RULES} 取值")
    for name, letter in (("启用", "F"), ("刚性", "G")):
        yield book(
            "缺表头",
            f"约束参数{name}",
            header(RULES, name, "甲乙丙"),
            "told",
            f"W136 {RULES} {letter}2",
        )
    yield book(
        "缺表头",
        "约束参数资金",
        header(RULES, "资金", "甲乙丙"),
        "refused",
        f"W136 {RULES} B2",
        f"E205 {RULES} A5",
    )
    yield book(
        "缺表头",
        "没有表头的列",
        header(COUNTIES, "生态考核结果", None),
        "refused",
        f"W132 {COUNTIES} M16",
        f"E310 {COUNTIES} 生态考核结果",
    )
    yield book(
        "缺表头", "全部", lambda found: found[COUNTIES].pop(0), "refused", f"E121 {COUNTIES} -"
    )
    yield book(
        "重复表头",
        "可用财力",
        with_column(COUNTIES, "可用 财力", lambda row: 1),
        "refused",
        f"E122 {COUNTIES} R2",
    )
    yield book(
        "重复表头",
        "别名",
        with_column(COUNTIES, "可用财力合计", lambda row: 1),
        "refused",
        f"E122 {COUNTIES} R2",
    )
    for sheet in (COUNTIES, POOLS):
        yield book(
            "缺表", sheet, lambda found, sheet=sheet: found.pop(sheet), "refused", f"E301 {sheet} -"
        )  # type: ignore[misc]
        yield book(
            "空表",
            sheet,
            lambda found, sheet=sheet: found.update({sheet: []}),
            "refused",
            f"E121 {sheet} -",
        )  # type: ignore[misc]
        yield book(
            "空表",
            f"{sheet}只有表头",
            lambda found, sheet=sheet: found.update({sheet: found[sheet][:1]}),  # type: ignore[misc]
            "refused",
            f"E303 {sheet} -",
        )
        yield book(
            "同名表",
            sheet,
            lambda found, sheet=sheet: found.update({f" {sheet}": found[sheet]}),  # type: ignore[misc]
            "refused",
            f"E120 {sheet} -",
        )
    for sheet, new in (
        (RULES, "约束参数1"),
        (RULES, "约束参数 (2)"),
        (SCENARIOS, "方案表"),
        (RULES, "约束"),
    ):
        yield book("表名", new, renamed_sheet(sheet, new), "told", f"W137 {new} -")
    yield book(
        "表名",
        "无关的表",
        lambda found: found.update({"说明": [["随便写的"], ["甲", "乙"], [1, 2]]}),
        "same",
    )
    yield book("表名", "全角空白", renamed_sheet(RULES, "约束　参数"), "same")
    numbers = [1] * 7
    for name in ("西宁市小计", "合计", "全省合计", "西宁市合计", "州本级", "市本级"):
        yield book(
            "小计行", name, added(COUNTIES, [None, name, "西宁市", *[None] * 14], at=3), "same"
        )
    yield book(
        "小计行",
        "西宁市",
        added(COUNTIES, [None, "西宁市", "西宁市", *numbers, *[None] * 7], at=3),
        "same",
        f"W133 {COUNTIES} -",
    )
    yield book(
        "小计行",
        "数不对",
        added(COUNTIES, [None, "西宁市小计", "西宁市", *numbers, *[None] * 7], at=1),
        "same",
        f"W134 {COUNTIES} D3",
    )
    yield book(
        "小计行",
        "其中",
        added(COUNTIES, [None, "其中：扩权县", None, *numbers, *[None] * 7]),
        "refused",
        f"E304 {COUNTIES} A48",
    )
    yield book("空行", "中间", added(COUNTIES, [], [None] * 5, [" "], at=5), "same")
    yield book(
        "空行",
        "表头再印",
        lambda found: found[COUNTIES].insert(9, list(found[COUNTIES][0])),
        "same",
    )
    yield book(
        "页脚",
        "制表审核",
        added(COUNTIES, ["制表：张三", None, "审核：李四"], ["注：略"], ["2026年3月5日"]),
        "same",
    )
    yield book(
        "没有名称的数",
        "一格",
        added(COUNTIES, [None, None, None, 5]),
        "refused",
        f"E304 {COUNTIES} B48",
    )
    yield from _units()
    yield book("资金", "简称", pool(EQUALIZATION, 资金="均衡性"), "same")
    yield book("资金", "空白", pool(EQUALIZATION, 资金="均衡性 转移支付"), "same")
    yield book(
        "资金", "不认识", pool(EQUALIZATION, 资金="均衡转移支付"), "refused", f"E320 {POOLS} A3"
    )
    yield book("资金", "重复", added(POOLS, ["均衡性", 1, 1]), "refused", f"E321 {POOLS} A6")
    yield book("资金", "缺一行", removed(POOLS, ECOLOGY), "told", f"W348 {COUNTIES} Q2")
    yield book(
        "资金",
        "缺两行",
        both(removed(POOLS, ECOLOGY), removed(POOLS, GUARANTEE)),
        "told",
        f"W348 {COUNTIES} Q2",
        f"W348 {COUNTIES} P2",
    )
    for word in ("国家级功能区", "国家重点"):
        yield book(
            "类型写法", word, county("玛多县", 功能区类型=word), "refused", f"E311 {COUNTIES} K34"
        )
    yield book("类型写法", "空白", county("玛多县", 功能区类型="国家重点 生态\u200b功能区"), "same")
    yield book(
        "类型写法", "困难地区", county("湟源县", 困难地区类型="集中连片 特困地区\u200b"), "same"
    )


def _units() -> Iterator[Odd]:
    for unit in ("万 元", "万元、人", "人民币万元"):
        yield book("单位", unit, lambda found: None, "same", unit=unit)
    for unit in ("千元", "百元", "万美元", "万人、万元", "万元、万人", "万", "十亿元"):
        yield book("单位", unit, lambda found: None, "refused", f"E125 {COUNTIES} A1", unit=unit)
    yield book("单位", "没有", lambda found: None, "same", f"W344 {COUNTIES} -", unit="")
    yield book(
        "单位",
        "表头不同",
        header(COUNTIES, "可用财力", "可用财力（元）"),
        "refused",
        f"E124 {COUNTIES} -",
    )
    yield book(
        "单位",
        "两张表不同",
        header(POOLS, "本年总额", "本年总额（亿元）"),
        "refused",
        f"E124 {POOLS} -",
    )
    yield book("单位", "一县差一万倍", county(可用财力=1258820000), "told", f"W340 {COUNTIES} G4")
    yield book(
        "单位",
        "人口以万计",
        header(COUNTIES, "常住人口", "常住人口（万人）"),
        "refused",
        f"E125 {COUNTIES} D2",
    )


def named(names: Iterable[str]) -> Iterator[Odd]:
    """The example under other paths."""
    for name in names:

        def make(folder: Path, name: str = name) -> Path:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(EXAMPLE.read_bytes())
            return path

        yield Odd("路径", ascii(name), make, "same")


PATHS = [
    "数据 表.xlsx",
    "二〇二六 年/预算 (终稿).xlsx",
    "a'b.xlsx",
    'a"b.xlsx',
    "100%.xlsx",
    "a#b?.xlsx",
    "=cmd.xlsx",
    "😀.xlsx",
    "没有扩展名",
    "预算.xls",
    "预算.et",
    "预算.csv",
    "预算.docx",
    "-o.xlsx",
    "a\nb.xlsx",
]


def ordinary() -> tuple[Odd, ...]:
    """Every case of this file."""
    return (*values(), *names(), *layouts(), *named(PATHS))
