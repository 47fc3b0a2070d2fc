"""One county's result in Chinese sentences, told from the result workbook alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from transfer_opt.core.budget import Value, is_number
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import spelled
from transfer_opt.core.text import normalise, to_text
from transfer_opt.core.vocabulary import (
    ADJUSTED,
    ALLOCATION,
    APPROVED_ALLOCATION,
    CHECKED,
    CODE,
    COMPLIANCE,
    COUNTY_SENSITIVITY,
    FACTS,
    FLOWS,
    INPUT,
    MOVED,
    NAME,
    ONE_OFF,
    OUTLOOK,
    PATH,
    REFERENCE_STEP,
    RESPONSIBILITY,
    ROUNDING_STEP,
    STEPS,
    SUCCESSION,
    SUCCESSION_READ,
)
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.policy.shared_costs import LEVELS
from transfer_opt.published.county import Former, Row, county_row
from transfer_opt.report.responsibility import ALL, OF_OWN
from transfer_opt.report.succession import AFTER, BEFORE, GIVEN, TAKEN, WAY, WHICH
from transfer_opt.workbook.input.succession_columns import NEW, OLD, OLD_NAME
from transfer_opt.workbook.result.adjustments import Adjustment, adjustments_of
from transfer_opt.workbook.result.rows import ResultSheet, read_result

GROUP_RULES = ("三保压力倾斜", "财力薄弱倾斜", "困难地区倾斜")
"""Rules over groups of counties that have a step of their own."""
AMOUNT = "分配额"
LEAST_MONEY = 0.01
"""Money below this would be rounded away."""


def explain(path: Path, county: str, model: Model = None) -> list[str]:
    """The sentences; raises InputError where the file or the county is not known.

    The file alone is read; the model's table of former names only where the file does not know the name.
    """
    decided = adjustments_of(path)
    sheets = read_result(
        path,
        (ALLOCATION, STEPS, COMPLIANCE, COUNTY_SENSITIVITY, FACTS, INPUT)
        + ((APPROVED_ALLOCATION, CHECKED) if decided else ()),
        (PATH, RESPONSIBILITY, FLOWS, MOVED, SUCCESSION_READ),
    )
    return sentences(sheets, county, lambda: load_model(model).former, decided)


@dataclass(frozen=True)
class Money:
    """How a result's money is told in sentences: in which unit, to how many decimals."""

    unit: str
    decimals: int = 2

    def __str__(self) -> str:
        return self.unit

    def money(self, value: Value) -> str:
        """An amount; empty where there is none."""
        return spelled(round(float(value), self.decimals)) if is_number(value) else ""

    def signed(self, value: Value) -> str:
        """A change with its sign."""
        return ("+" if is_number(value) and value >= 0 else "") + self.money(value)

    def small(self, money: float) -> str:
        """A change to its first significant figure at least, however small the publishing unit."""
        return self.money(money) if money >= LEAST_MONEY else f"{money:.8f}".rstrip("0")

    def shows(self, value: Value) -> bool:
        """Whether anything of it is left when it is told."""
        return is_number(value) and round(float(value), self.decimals) != 0


CENTS = Money("元")


def _decimals(rows: Sequence[Row]) -> int:
    """As many as the published amounts have, and two at least."""
    given = [float(row[AMOUNT]) for row in rows if is_number(row[AMOUNT])]  # type: ignore[arg-type]
    told = {Decimal(f"{round(money, 8):.15g}").normalize().as_tuple().exponent for money in given}
    return max([CENTS.decimals, *(-places for places in told if isinstance(places, int))])


def sentences(
    sheets: Mapping[str, ResultSheet],
    county: str,
    former: Former,
    decided: Sequence[Adjustment] = (),
) -> list[str]:
    """The sentences that these sheets tell of a county, named or by its code; raises InputError where it is not known.

    Where people decided on amounts, the sentences are about the approved ones.
    """
    amounts = sheets[APPROVED_ALLOCATION if decided else ALLOCATION]
    found = _found(sheets, amounts.rows, county, former)
    name = str(found["县区名称"])
    unit = Money(amounts.unit, _decimals(sheets[STEPS].rows))
    funds = [row for row in sheets[STEPS].rows if row["县区名称"] == name and row["市州"]]
    rules = list(map(_as_audited, sheets[CHECKED].rows)) if decided else sheets[COMPLIANCE].rows
    own = {each.line[2]: each for each in decided if each.line[1] == name}
    return [
        *_whole(found, name, unit),
        *(_shared(sheets[RESPONSIBILITY].rows, name, unit) if RESPONSIBILITY in sheets else ()),
        *_one_off(
            sheets[INPUT].rows,
            dict.fromkeys(str(row["资金"]) for row in sheets[STEPS].rows),
            name,
            unit,
        ),
        *(_moved(sheets[MOVED].rows, name, unit) if MOVED in sheets else ()),
        *_plan(sheets[FACTS].rows),
        *_funds(funds, unit, own),
        *(_flows(sheets[FLOWS].rows, name, unit) if FLOWS in sheets else ()),
        *_rules(rules, name, unit),
        *_group_rules(rules, funds, name, unit),
        *(
            [f"「{COUNTY_SENSITIVITY}」试的是测算数，批准以后没有再试。"]
            if decided
            else _changes(sheets[COUNTY_SENSITIVITY].rows, name, funds, unit)
        ),
        *(_years(sheets[PATH].rows, name, unit, bool(decided)) if PATH in sheets else ()),
    ]


def _found(
    sheets: Mapping[str, ResultSheet], rows: Sequence[Row], county: str, former: Former
) -> Row:
    """The county's row; of a unit that is no more the InputError says what became of it."""
    try:
        return county_row(rows, county, former)
    except InputError:
        passed = sheets[SUCCESSION_READ].rows if SUCCESSION_READ in sheets else ()
        codes = [
            to_text(row[NEW])
            for row in passed
            if normalise(county)
            in (normalise(to_text(row[OLD])), normalise(to_text(row.get(OLD_NAME))))
        ]
        if not codes:
            raise
        names = {str(row[CODE]): str(row[NAME]) for row in rows if row[CODE]}
        heirs = "、".join(dict.fromkeys(names.get(code, code) for code in codes))
        raise InputError(
            [
                Problem(
                    "E171",
                    f"结果里没有县区「{county}」：按「{SUCCESSION}」已划入{heirs}。",
                    f"改查{heirs}。",
                )
            ]
        ) from None


def _moved(rows: Sequence[Row], name: str, unit: Money) -> Iterator[str]:
    """What of last year's amounts came from former units, and went to others."""
    for row in rows:
        if row[NAME] == name:
            before, given, taken, after = (
                _exactly(row[key]) for key in (BEFORE, GIVEN, TAKEN, AFTER)
            )
            yield (
                f"{row[WHICH]}按区划调整：划转前 {before}，划出 {given}，划入 {taken}，"
                f"划转后 {after} {unit}。{row[WAY]}。"
            )


def _exactly(value: Value) -> str:
    """An amount with every digit."""
    return spelled(float(value)) if is_number(value) else ""


def _years(rows: Sequence[Row], name: str, unit: Money, decided: bool) -> Iterator[str]:
    """What is forecast for the years after, from 「年度路径」."""
    later = [row for row in rows if row["县区名称"] == name and row["性质"] == "预测"]
    told = []
    for row in later:
        rate = f"（{_percent(row['增幅'], signed=True)}）" if is_number(row["增幅"]) else ""
        level = f"，保障水平 {_percent(row['保障水平'])}" if is_number(row["保障水平"]) else ""
        short = row["三保缺口"]
        lacks = f"，“三保”缺 {unit.money(short)}" if is_number(short) and float(short) > 0 else ""
        told.append(f"{row['年度']} {unit.money(row['合计'])} {unit}{rate}{level}{lacks}")
    if told:
        since = "测算数" if decided else "本年分配数"
        yield f"预测（按「{OUTLOOK}」从{since}逐年滚动，不作为分配依据）：{'；'.join(told)}。"


def _as_audited(row: Row) -> Row:
    """A row of 「批准后核验」 as 「约束审计」 would have it."""
    mark = str(row["结论"])[:1]
    return {**row, "是否起作用": {"●": "是", "○": "否"}.get(mark, "违反")}


def _one_off(rows: Sequence[Row], funds: Collection[str], name: str, unit: Money) -> Iterator[str]:
    """What last year's figures of the county are net of."""
    own: Row = next((row for row in rows if row[NAME] == name), {})
    given = [own.get(f"上年{fund}{ONE_OFF}") for fund in funds]
    paid = sum(float(value) for value in given if isinstance(value, float | int))
    if paid:
        yield f"上年数已扣除其中一次性补助 {unit.money(paid)} {unit}。"


def _plan(rows: Sequence[Row]) -> Iterator[str]:
    """By which scenario and objectives; what had to give way."""
    facts = {str(row["项目"]): str(row["内容"]) for row in rows if row["项目"]}
    yield f"方案：{facts.get('方案', '')}；目标顺序：{facts.get('目标顺序', '')}。"


def _whole(row: Row, name: str, unit: Money) -> Iterator[str]:
    place = "，".join(str(value) for value in (row["行政区划代码"], row["市州"]) if value)
    said = f"{name}（{place}）：本年合计 {unit.money(row['合计'])} {unit}"
    if is_number(row["上年合计"]):
        rate = f"（{_percent(row['增幅'], signed=True)}）" if is_number(row["增幅"]) else ""
        moved = float(row["增减额"])  # type: ignore[arg-type]
        change = (
            f"{'增加' if moved > 0 else '减少'} {unit.money(abs(moved))}{rate}" if moved else "持平"
        )
        said += f"，比上年 {unit.money(row['上年合计'])} {change}"
    if is_number(row["人均(元)"]):
        said += f"，人均 {CENTS.money(row['人均(元)'])} 元"
    yield said + "。"
    if is_number(row["分配后保障水平"]):
        before, after = (_percent(row[f"分配{when}保障水平"]) for when in ("前", "后"))
        if before == after:
            yield f"保障水平分配前后都是 {after}。"
        else:
            yield f"保障水平由分配前的 {before} 提高到 {after}。"
    if is_number(row["三保缺口"]):
        short = float(row["三保缺口"])
        yield (
            f"“三保”需求还缺 {unit.money(short)} {unit}。"
            if short > 0
            else "“三保”需求已足额保障。"
        )


def _shared(rows: Sequence[Row], name: str, unit: Money) -> Iterator[str]:
    """Who pays for the shared services, and what of it is need."""
    row = next(row for row in rows if row["县区名称"] == name)
    whole, *parts = (row[column] for column in ALL)
    paid = "、".join(
        f"{level} {unit.money(part)}" for level, part in zip(LEVELS, parts, strict=True) if part
    )
    said = f"共同财政事权支出 {unit.money(whole)} {unit}" + (f"：{paid}" if paid else "")
    if is_number(row[OF_OWN]):
        said += f"，县级承担的占可用财力 {_percent(row[OF_OWN])}"
    yield f"{said}。"
    yield (
        f"保基本民生需求测算数 {unit.money(row['测算数'])} {unit}＝列入三保的 {unit.money(row['列入三保'])}"
        f"＋其他 {unit.money(row['其他'])}"
        + (f"；填报数 {unit.money(row['填报数'])}" if is_number(row["填报数"]) else "")
        + f"；本次采用 {unit.money(row['本次采用'])}。"
    )


def _funds(
    rows: Sequence[Row], unit: Money, decided: Mapping[str, Adjustment] = MappingProxyType({})
) -> Iterator[str]:
    """Each fund from the formula on, step by step, so that the terms add to the amount; last what people decided."""
    for row in rows:
        columns = list(row)
        steps = columns[columns.index(REFERENCE_STEP) + 1 : columns.index(ROUNDING_STEP) + 1]
        moved = [f"{step} {unit.signed(row[step])}" for step in steps if unit.shows(row[step])]
        chain = "，".join([f"{REFERENCE_STEP} {unit.money(row[REFERENCE_STEP])}", *moved])
        clause = f"（依据：{row['依据条款']}）" if row["依据条款"] else ""
        amount, own = row[AMOUNT], decided.get(str(row["资金"]))
        because = f"主要原因：{row['主要原因']}{clause}"
        if own is not None:
            moved_by = float(own.approved) - float(amount)  # type: ignore[arg-type]
            amount, chain = float(own.approved), f"{chain}，{ADJUSTED} {unit.signed(moved_by)}"
            because = f"{ADJUSTED}的理由：{own.reason}（{own.by}决定）；测算数的{because}"
        yield f"{row['资金']} {unit.money(amount)} {unit}＝{chain}。{because}。"


def _flows(rows: Sequence[Row], name: str, unit: Money) -> Iterator[str]:
    """What the county gets from and pays to others for the water, and the paragraphs of its sections."""
    row = next((row for row in rows if row["县区名称"] == name), None)
    if row is None:
        yield f"「{FLOWS}」里没有{name}的应收、应付。"
        return
    yield (
        f"横向补偿（不在以上资金之内）：应收 {unit.money(row['应收'])} {unit}，应付 {unit.money(row['应付'])} {unit}，"
        f"净额 {unit.signed(row['净额'])} {unit}。"
    )
    for note in (str(next(iter(each.values())) or "") for each in rows):
        between = note.partition("（")[2].partition("，")[0]  # 上游→下游、下游
        if name in re.split("[→、]", between) if "→" in between else name in note:
            yield note


def _rules(rows: Sequence[Row], name: str, unit: Money) -> Iterator[str]:
    """The rules that speak of the county alone and hold it, or could not be met for it."""
    for row in rows:
        whom, _, fund = str(row["对象"]).partition("·")
        if whom != name or row["是否起作用"] == "否":
            continue
        rule, what = f"规则「{row['规则']}」（{row['依据条款']}）", fund or "可用财力加补助"
        least = row["关系"] == "≥"
        sides = f"{what} {unit.money(row['左端值'])}，{'至少应为' if least else '至多应为'} {unit.money(row['右端值'])}"
        if row["是否起作用"] == "是":
            yield f"{rule}在起作用，使{name}{what}不能再{'少' if least else '多'}：{sides}。"
        else:
            _, _, remedy = str(row["结论"]).partition("：")
            yield (
                f"{rule}没有做到，{'还缺' if least else '超出'} {unit.money(abs(float(row['余量'])))} {unit}：{sides}。"  # type: ignore[arg-type]
                + (f"{remedy.rstrip('。')}。" if remedy else "")
            )


def _group_rules(
    rows: Sequence[Row], funds: Sequence[Row], name: str, unit: Money
) -> Iterator[str]:
    """The rules over many counties that are at work and moved this one's money."""
    for row in rows:
        rule = str(row["规则"])
        steps = [fund[rule] for fund in funds] if rule in GROUP_RULES else []
        moved = sum(step for step in steps if isinstance(step, float | int))
        if row["是否起作用"] == "是" and unit.shows(moved):
            yield (
                f"规则「{rule}」（{row['依据条款']}）在全省起作用（{row['对象']}：{unit.money(row['左端值'])} {row['关系']} "
                f"{unit.money(row['右端值'])}），使{name}{'多' if moved > 0 else '少'}得 {unit.money(abs(moved))} {unit}。"
            )


def _changes(rows: Sequence[Row], name: str, funds: Sequence[Row], unit: Money) -> Iterator[str]:
    """What would change the county's amount, most first; or that nothing tried does, and what holds it."""
    row = next(row for row in rows if row["县区名称"] == name and row["市州"])
    tried = list(row)[list(row).index("市州") + 1 :]
    known = {change: row[change] for change in tried if is_number(row[change])}
    moves = {change: float(value) for change, value in known.items() if value}
    for change, money in sorted(moves.items(), key=lambda entry: -entry[1]):
        yield f"如果把{change}，{name}约{'增加' if money > 0 else '减少'} {unit.small(abs(money))} {unit}。"
    if not tried:
        yield "没有试过变动会怎样改变数额，要试的办法见「敏感性」。"
    elif not moves:
        held = "；".join(f"{fund['资金']}{fund['主要原因']}" for fund in funds)
        yield f"「{COUNTY_SENSITIVITY}」里逐项试过的变动都不改变{name}的数额：" + (
            f"{held}。" if held else "它不参加任何一项资金的分配。"
        )


def _percent(value: Value, *, signed: bool = False) -> str:
    return f"{float(value) * 100:{'+' if signed else ''}.1f}%"  # type: ignore[arg-type]
