"""One county's result in Chinese sentences, told from the result workbook alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from transfer_opt.errors import InputError, Problem
from transfer_opt.modelfile import did_you_mean
from transfer_opt.sheets import Value
from transfer_opt.workbook.result import read_result
from transfer_opt.workbook.values import normalise

ALLOCATION, STEPS, RULES, SENSITIVITY = "分配结果", "测算说明", "约束审计", "敏感性"
FIRST_STEP, LAST_STEP = "因素法测算额", "取整"
Row = Mapping[str, Value]


def explain(path: Path, county: str) -> list[str]:
    """The sentences; raises InputError where the file or the county is not known."""
    sheets = read_result(path, (ALLOCATION, STEPS, RULES, SENSITIVITY))
    units = [row for row in sheets[ALLOCATION] if row["行政区划代码"] or "小计" not in str(row["县区名称"]) and row["市州"]]
    found = next((row for row in units if normalise(county) in (normalise(str(row["县区名称"])), row["行政区划代码"])), None)
    if found is None:
        raise InputError([Problem("E171", f"结果里没有县区「{county}」。", did_you_mean(county, [str(r["县区名称"]) for r in units]))])
    name = str(found["县区名称"])
    return [
        *_whole(found, name), *_funds([row for row in sheets[STEPS] if row["县区名称"] == name and row["市州"]]),
        *_rules([row for row in sheets[RULES] if str(row["对象"]).split("·")[0] == name]),
        *_more(sheets[SENSITIVITY], name),
    ]


def _whole(row: Row, name: str) -> Iterator[str]:
    place = "，".join(str(value) for value in (row["行政区划代码"], row["市州"]) if value)
    said = f"{name}（{place}）：本年合计 {_money(row['合计'])}"
    if _is_number(row["上年合计"]):
        rate = f"（{_percent(row['增幅'], signed=True)}）" if _is_number(row["增幅"]) else ""
        said += f"，比上年 {_money(row['上年合计'])} 变动 {_signed(row['增减额'])}{rate}"
    if _is_number(row["人均(元)"]):
        said += f"，人均 {_money(row['人均(元)'])} 元"
    yield said + "。"
    if _is_number(row["分配后保障水平"]):
        yield f"保障水平由分配前的 {_percent(row['分配前保障水平'])} 提高到 {_percent(row['分配后保障水平'])}。"
    if _is_number(row["三保缺口"]):
        short = float(row["三保缺口"])  # type: ignore[arg-type]
        yield f"“三保”需求还缺 {_money(short)}。" if short > 0 else "“三保”需求已足额保障。"


def _funds(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        columns = list(row)
        steps = columns[columns.index(FIRST_STEP) + 1 : columns.index(LAST_STEP) + 1]
        moved = [f"{step} {_signed(row[step])}" for step in steps if _is_number(row[step]) and row[step]]
        chain = "，".join([f"{FIRST_STEP} {_money(row[FIRST_STEP])}", *moved])
        clause = f"（依据：{row['依据条款']}）" if row["依据条款"] else ""
        yield f"{row['资金']} {_money(row['分配额'])}＝{chain}。主要原因：{row['主要原因']}{clause}。"


def _rules(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["是否起作用"] == "否":
            continue
        held = "未能满足" if row["是否起作用"] != "是" else "正好用足"
        yield (f"规则「{row['规则']}」（{row['依据条款']}）对{row['对象']}{held}：{_money(row['左端值'])} {row['关系']} "
               f"{_money(row['右端值'])}；放宽它，{_effect(str(row['关系']))}。")


def _effect(relation: str) -> str:
    return {"≤": "这笔钱才可能再增加", "≥": "这笔钱才可能减少", "＝": "总额才会变"}.get(relation, "结果才会变")


def _more(rows: Sequence[Row], name: str) -> Iterator[str]:
    """What more money in a pool would bring, where the county is among those that gain most."""
    for row in rows:
        for part in str(row["受影响县区"]).partition("增加最多：")[2].split("、"):
            if part.rpartition(" ")[0] == name:
                yield f"如果{row['对象']}{row['变动']}，{name}约变动 {part.rpartition(' ')[2]}。"


def _money(value: Value) -> str:
    return f"{round(float(value), 2):,.12g}" if _is_number(value) else ""  # type: ignore[arg-type]


def _signed(value: Value) -> str:
    return f"{round(float(value), 2):+,.12g}" if _is_number(value) else ""  # type: ignore[arg-type]


def _percent(value: Value, *, signed: bool = False) -> str:
    return f"{float(value) * 100:{'+' if signed else ''}.1f}%"  # type: ignore[arg-type]


def _is_number(value: Value) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)
