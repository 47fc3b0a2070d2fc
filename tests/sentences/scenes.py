"""Scenes: what the program says and writes on a handful of workbooks, each asked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from books import EQUALIZATION, EXAMPLE, GUARANTEE, change, write_tables
from corpus import COUNTIES, RULES, Edit, both, bounds, county, pool, tables, with_column
from results import tables as few

from sentences.commands_said import compare, handled_result, other
from sentences.commands_said import result as result_of
from sentences.desk import Desk, texts

Scene = Callable[[Desk], str]
Make = Callable[[Path], Path]
MADUO, HUANGYUAN = "玛多县", "湟源县"


def told(*words: str | Path, written: str = "") -> Scene:
    """What a command says, and what stands in the file it writes."""

    def say(desk: Desk) -> str:
        given = [
            desk.path(word) if Path(word).suffix in KINDS and "/" not in str(word) else word
            for word in words
        ]
        said = desk.says(*given)
        return (
            said + "\n" + texts(desk.path(written))
            if written and desk.path(written).exists()
            else said
        )

    return say


KINDS = {".xlsx", ".html", ".docx", ".csv", ".db"}


def written(name: str, make: Make, command: str, *options: str) -> Scene:
    """A command on a workbook of this name, and what stands in the file it writes, 〈name〉结果."""

    def say(desk: Desk) -> str:
        source, target = desk.path(f"{name}.xlsx"), desk.path(f"{name}结果.xlsx")
        if not source.exists():
            make(source)
        said = desk.says(command, source, "-o", target, *options)
        return said + "\n" + (texts(target) if target.exists() else "")

    return say


def explained(name: str, county: str, first: Scene) -> Scene:
    """`explain` of a county in the result of another scene."""

    def say(desk: Desk) -> str:
        first(desk)
        return desk.says("explain", desk.path(f"{name}结果.xlsx"), county)

    return say


def solved(name: str, edit: Edit | None = None, *options: str, seed: int = 0) -> Scene:
    """`solve` of the example, or of a few of its counties, edited."""

    def make(path: Path) -> Path:
        found = few(seed, most=7) if seed else tables()
        if edit:
            edit(found)
        return write_tables(path, found)

    return written(name, make, "solve", *options)


def after(first: str, then: Scene) -> Scene:
    """A scene that needs the files of another."""

    def say(desk: Desk) -> str:
        SCENES[first](desk)
        return then(desk)

    return say


def result(desk: Desk) -> str:
    """The example solved."""
    return desk.solved


def rule(
    name: str, fund: str | None = None, parameter: str | None = None, **values: object
) -> Edit:
    """Puts values into the lines of a rule."""
    return lambda found: change(
        found,
        RULES,
        lambda row: (
            row["规则"] == name and fund in (None, row["资金"]) and parameter in (None, row["参数"])
        ),
        **values,
    )


def once(amount: float) -> Edit:
    """玛多县 got so much of last year's 均衡性 once only."""
    return with_column(
        COUNTIES, f"上年{EQUALIZATION}其中一次性", lambda row: amount if row[1] == MADUO else None
    )


def promised(amount: float) -> Edit:
    """玛多县 was promised so much of 均衡性."""
    return with_column(
        COUNTIES, f"提前下达{EQUALIZATION}", lambda row: amount if row[1] == MADUO else None
    )


SHORT = pool(GUARANTEE, 本年总额=40000)
DATED = both(pool(EQUALIZATION, 收文日期="2026-03-15"), once(1000), promised(5000))
CLOSED = bounds(
    [None, MADUO, EQUALIZATION, 20000, None, "甲"],
    [None, HUANGYUAN, EQUALIZATION, 90000, None, "乙"],
)
NO_NEEDS = both(rule("三保兜底", 启用="否"), rule("目标", 取值="三保缺口最小>保障水平最大化"))
SURPLUS = both(
    county(MADUO, 标准财政收入=400000, 功能区类型=None),
    rule("资格", EQUALIZATION, 取值="是"),
)


def compared(*options: str) -> Scene:
    """`compare` of the scenarios of a few counties."""
    return lambda desk: (
        desk.says(
            "compare",
            desk.small[0],
            "-o",
            desk.path("比.xlsx"),
            "--html",
            desk.path("比.html"),
            *options,
        )
        + texts(desk.path("比.xlsx"))
        + texts(desk.path("比.html"))
    )


def asked(command: str, *options: str, written: str = "") -> Scene:
    """A command on the budget of a few counties."""
    target = ("-o", written) if written else ()
    return lambda desk: told(command, str(desk.small[0]), *options, *target, written=written)(desk)


def refused(desk: Desk) -> str:
    """Commands that cannot be followed as they are written."""
    small, folder = desk.small[0], desk.folder
    desk.file("占.xlsx", "有")
    desk.file("界.json", "{}")
    desk.file("断.csv.partial", "别的")
    return "".join(
        desk.says(*words)
        for words in (
            ("compare", small, "--boundaries", small),
            ("compare", small, "--html", desk.path("页.txt")),
            (
                "compare",
                small,
                "--html",
                desk.path("页.html"),
                "--boundaries",
                desk.path("无.json"),
            ),
            (
                "compare",
                small,
                "--html",
                desk.path("页.html"),
                "--boundaries",
                desk.path("界.json"),
            ),
            ("sweep", small, "--vary", f"{CAP}=1%:15%:3", "--engine", "dask"),
            ("sweep", small, "--vary", f"{CAP}=1%:15%:3", "-o", desk.path("扫.doc")),
            ("sweep", small, "--vary", f"{CAP}=1%:15%:3", "-o", desk.path("断.csv")),
            ("sweep", small, "--uncertain", "常住人口=±5%", "--random", "0"),
            ("history",),
            ("history", "--ledger", desk.path("无.db")),
            ("history", "--ledger", desk.path("占.xlsx")),
            ("check", small, "--rename", "甲乙"),
            ("check", folder),
            ("check", small, "多余"),
            ("init", desk.path("占.xlsx")),
            ("init", desk.path("新模板.xlsx"), "--example", "--model", small),
            ("export", small, "--format", "一体化"),
            ("audit", small, "--exported", small),
            ("solve", small, "-o", desk.path("果.txt")),
            ("solve", small, "-o", small),
            ("solve", small, "-o", desk.path("同.xlsx"), "--into", desk.path("同.xlsx")),
            ("round", small, "--unit", "1", "--nein"),
        )
    )


def tampered(desk: Desk) -> str:
    """A result changed by hand, compared and exported."""
    path = handled_result(desk)
    return compare(lambda _: path, result_of)(desk) + desk.says(
        "export", path, "--format", "csv", "-o", desk.path("改.csv")
    )


def unlike(desk: Desk) -> str:
    """A list of amounts by county that names no unit, and only one county, compared with a result."""
    rows = [["县区名称", EQUALIZATION], [desk.counties[0], 1.0]]
    return compare(lambda _: desk.table("无单位.xlsx", rows), result_of)(desk)


CAP = "增幅上限·均衡性·增幅上限"
ADJUST = ("--fund", "均衡性", "--reason", "雪灾", "--by", "会议", "--county", MADUO)
SCENES: Mapping[str, Scene] = {
    "例": result,
    "例·玛多": after("例", told("explain", "结果.xlsx", MADUO, "--range")),
    "例·湟源": after("例", told("explain", "结果.xlsx", HUANGYUAN)),
    "例·城西": after("例", told("explain", "结果.xlsx", "城西区")),
    "例·玛沁": after("例", told("explain", "结果.xlsx", "玛沁县")),
    "例·大通": after("例", told("explain", "结果.xlsx", "大通")),
    "例·两县": after("例", told("explain", "结果.xlsx", HUANGYUAN, "--versus", MADUO)),
    "例·核对": after("例", told("audit", "结果.xlsx", str(EXAMPLE))),
    "例·附件": after(
        "例", told("export", "结果.xlsx", "--format", "docx", "-o", "附.docx", written="附.docx")
    ),
    "多给12": after(
        "例",
        told("adjust", "结果.xlsx", *ADJUST, "--to", "14619", "-o", "调.xlsx", written="调.xlsx"),
    ),
    "多给12·玛多": after("多给12", told("explain", "调.xlsx", MADUO, "--range")),
    "多给12·附件": after(
        "多给12",
        told("export", "调.xlsx", "--format", "docx", "-o", "调附.docx", written="调附.docx"),
    ),
    "多给12·比较": after(
        "多给12", told("compare", "调.xlsx", "结果.xlsx", "-o", "调比.xlsx", written="调比.xlsx")
    ),
    "少给": after(
        "例", told("adjust", "结果.xlsx", *ADJUST, "--to", "0", "-o", "零.xlsx", written="零.xlsx")
    ),
    "钱少": solved("钱少", SHORT, seed=1),
    "钱少·放宽": solved("放宽", SHORT, "--relax", seed=1),
    "粗取整": solved("粗", rule("取整", 取值="1000万元"), seed=1),
    "一次性": solved("一次性", DATED),
    "一次性·附件": after(
        "一次性",
        told(
            "export", "一次性结果.xlsx", "--format", "docx", "-o", "一附.docx", written="一附.docx"
        ),
    ),
    "一次性·玛多": after("一次性", told("explain", "一次性结果.xlsx", MADUO)),
    "两处矛盾": solved("两处", CLOSED),
    "不兜底": solved("不兜底", both(NO_NEEDS, rule("敏感性", 取值="资金总额"))),
    "有余": solved("有余", SURPLUS),
    "有余·玛多": after("有余", told("explain", "有余结果.xlsx", MADUO)),
    "拒绝": refused,
    "改过": tampered,
    "别的模型": other("compare"),
    "清单": unlike,
    "核对表": told("audit", str(EXAMPLE)),
    "比较": compared(),
    "前沿": asked("frontier", written="沿.xlsx"),
    "前沿·因素": asked("frontier", "--objectives", "三保缺口最小,贴近因素法", written="沿2.xlsx"),
    "扫描": asked("sweep", "--vary", f"{CAP}=1%:15%:3", written="扫.xlsx"),
    "反算": asked("need", "--for", "三保缺口=0", "--by", "县级保障"),
    "反算·达不到": asked("need", "--for", "最低保障水平>=400%", "--by", CAP),
    "反算·已达到": asked("need", "--for", "三保缺口<=99999999", "--by", CAP),
}
