"""The guide and the README tell the truth: every command is run in order, every answer and figure compared."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from manual import ROOT, Command, cells, followed, run, steps

from transfer_opt.cli.main import cli
from transfer_opt.core.vocabulary import FUND
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.objectives import OBJECTIVES
from transfer_opt.workbook.input.columns import SHEETS

GUIDE = ROOT / "docs" / "用户手册.md"
CHAPTERS = sorted((ROOT / "docs").glob("手册-*.md"))
ELSEWHERE = ("手册-新增资金", "手册-给别的省做模型")
"""The chapters that test_model_guide.py and test_province_guide.py follow, to look at what comes of them."""
README = ROOT / "README.md"
MOST_LINES, MOST_PICTURE_BYTES = 420, 250_000


def test_the_guide_ends_answers_and_adds_up_as_it_says(tmp_path: Path) -> None:
    done = followed(GUIDE, tmp_path)
    assert len(done) >= 18
    _scenarios(tmp_path)
    _assert_figures(GUIDE.read_text(encoding="utf-8"), tmp_path)


def _scenarios(folder: Path) -> None:
    """What the guide leaves to its reader: the other scenarios."""
    with contextlib.chdir(folder):
        for scenario in ("稳定优先", "生态优先"):
            run(Command(f"transfer-opt solve 示例.xlsx --scenario {scenario} -o {scenario}.xlsx"))


# A chapter ends a run by a time limit, which may strike in a destructor; that is told on stderr and struck again.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "chapter", [path for path in CHAPTERS if path.stem not in ELSEWHERE], ids=lambda path: path.stem
)
def test_a_chapter_can_be_followed_from_an_empty_folder(chapter: Path, tmp_path: Path) -> None:
    done = followed(chapter, tmp_path)
    assert done


def test_readme_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the guide or a chapter has in the same words runs there."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"^```\n(transfer-opt.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S
    )
    found = [
        line.split(" #")[0].rstrip()
        for block in blocks
        for line in block.splitlines()
        if line.startswith("transfer-opt")
    ]
    elsewhere = {
        step.text
        for document in (GUIDE, *CHAPTERS)
        for step in steps(document.read_text(encoding="utf-8"))
        if isinstance(step, Command) and step.exit_code == 0
    }
    own = [Command(text) for text in found if text not in elsewhere or " init " in text]
    for command in own:
        run(command)
    assert len(found) >= 5
    assert [(c.text, c.real_code) for c in own] == [(c.text, 0) for c in own]


def _assert_figures(text: str, folder: Path) -> None:
    """The figures in the running text are those of the files that were written."""
    names = {
        name: f"{name}_分配结果.xlsx" for name in ("示例", "例一", "例二", "例三", "例五", "例八")
    }
    result = {name: cells(folder / file, "分配结果") for name, file in names.items()}
    indicators = {
        name: cells(folder / file, "均衡性指标", "指标")
        for name, file in {
            "基准方案": names["示例"],
            **{s: f"{s}.xlsx" for s in ("均衡优先", "稳定优先", "生态优先")},
        }.items()
    }
    lowest = {name: f"{table['最低保障水平']['分配后']}" for name, table in indicators.items()}
    lowest = {
        name: value if "%" in value else f"{float(value):.1%}" for name, value in lowest.items()
    }
    base = indicators["基准方案"]
    short = [
        (row["余量"], row["右端值"])
        for row in _audit(folder / names["例八"])
        if row["规则"] == "三保兜底" and row["余量"] < 0
    ]
    shares = {f"{-margin / need:.2%}" for margin, need in short}
    audit = _audit(folder / names["示例"])
    missed = sum(row["是否起作用"] == "未满足(软)" for row in audit)
    start = cells(folder / names["示例"], "测算说明")["城西区"]
    eq = "均衡性转移支付"
    said = [
        f"均衡性由 {result['示例']['门源回族自治县'][eq]:,} 万元变为 {result['例一']['门源回族自治县'][eq]:,} 万元",
        f"三保就差 {result['例二']['湟源县']['三保缺口']:,} 万元",
        *(
            f"{name}{word}由 {result['示例'][name]['合计']:,.0f} 万元变为 {result['例三'][name]['合计']:,.0f} 万元"
            for name, word in (("门源回族自治县", "合计"), ("大通回族土族自治县", ""))
        ),
        "，".join(f"{name} {value}" for name, value in lowest.items()),
        "三个县分得 "
        + "、".join(f"{result['例五'][name][eq]:,}" for name in ("甲县", "乙县", "丙县"))
        + " 万元",
        f"测算额 {start['因素法测算额']:,.2f} 万元，低于上年，「上年保底」补 {start['上年保底']:,.2f}，得 {start['分配额']:,.0f} 万元",
        f"共核验 {len(audit)} 条，满足 {len(audit) - missed} 条，软约束未满足 {missed} 条，违反 0 条",
        f"最低保障水平上年 {_share(base['最低保障水平']['上年'])}，今年 {_share(base['最低保障水平']['分配后'])}",
        f"由 {base['“三保”缺口县数']['上年']:.0f} 个变为 {base['“三保”缺口县数']['分配后']:.0f} 个",
        base["困难地区所占份额"]["说明"]
        .replace("困难地区 ", "困难地区类型的 ")
        .replace(" 个县", " 个县"),
        next(
            f"低于全省的 {row['对象'].split('县')[0].removeprefix('困难地区')} 个县"
            for row in audit
            if row["规则"] == "困难地区倾斜"
        ),
        f"代价是 {len(short)} 个县合计有 {-sum(margin for margin, _ in short):,.0f} 万元三保缺口",
        f"有 {len(short)} 个县补不足，每个县的缺口都是自己需求的 {shares.pop()}",
    ]
    assert not shares
    assert [sentence for sentence in said if sentence not in text] == []
    coefficient = next(
        str(row[0])
        for row in openpyxl.load_workbook(folder / names["示例"], data_only=True)[
            "测算说明"
        ].iter_rows(values_only=True)
        if "系数：" in str(row[0])
    )
    assert f"{eq} {re.findall(r'均衡性的系数是 ([0-9.]+)。', text)[0]}，" in coefficient


def _audit(path: Path) -> list[dict[str, Any]]:
    rows = list(
        openpyxl.load_workbook(path, data_only=True)["约束审计"].iter_rows(values_only=True)
    )
    top = next(i for i, row in enumerate(rows) if "规则" in row)
    return [
        dict(zip(rows[top], row, strict=True))
        for row in rows[top + 1 :]
        if isinstance(row[3], int | float)
    ]


def _share(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.1%}"


# What is told completely -----------------------------------------------------------------------------------------


def whole() -> str:
    """The guide with its chapters."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (GUIDE, *CHAPTERS))


def test_every_option_is_told_and_none_that_is_not() -> None:
    text = whole()
    real = {
        option
        for command in (cli, *cli.commands.values())
        for parameter in command.get_params(_context(command))
        for option in parameter.opts
        if option.startswith("--")
    }
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert told == real
    assert set(re.findall(r"transfer-opt ([a-z]+)", text)) == set(cli.commands)


def _context(command: Any) -> Any:
    import click

    return click.Context(command)


def test_every_rule_objective_and_column_is_told() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    columns = [
        column.name.replace(FUND, "〈资金〉") for sheet in SHEETS.values() for column in sheet
    ]
    names = [*CONSTRAINTS, *OBJECTIVES, *columns]
    told = text.replace("代码与名称", "行政区划代码 县区名称")
    assert [name for name in names if name not in told] == []


def test_pictures_and_links_exist() -> None:
    text = whole()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert [link for link in links if not (GUIDE.parent / link).resolve().exists()] == []
    pictures = {(GUIDE.parent / link).resolve() for link in links if link.endswith(".png")}
    assert pictures == {path.resolve() for path in (GUIDE.parent / "pictures").glob("*.png")}
    assert [path.name for path in pictures if path.stat().st_size > MOST_PICTURE_BYTES] == []


@pytest.mark.parametrize("document", [GUIDE, *CHAPTERS], ids=lambda path: path.stem)
def test_the_guide_is_short(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    read = re.sub(r"^```toml\n.*?^```$", "", text, flags=re.M | re.S)  # files are copied, not read
    assert len(read.splitlines()) <= MOST_LINES
