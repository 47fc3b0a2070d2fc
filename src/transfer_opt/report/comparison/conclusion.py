"""「结论」: the five questions of a meeting answered in plain words, every figure one of the other sheets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transfer_opt.allocation.plan import RELAXED
from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import in_figures
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import YEAR_COMPARISON
from transfer_opt.report.comparison.ahead import ahead_sentences, this_year
from transfer_opt.report.comparison.matrix import alarms, losers_and_prices, measures
from transfer_opt.report.comparison.overview import differences
from transfer_opt.report.equality import short_prefecture
from transfer_opt.report.parts import amount, heading
from transfer_opt.scenarios.comparison.attribution import GOALS
from transfer_opt.scenarios.comparison.columns import CHANGES, Side
from transfer_opt.scenarios.comparison.compare import Comparison

MOST_CAUSES = 2


def conclusion_table(comparison: Comparison) -> Table:
    """One row per question."""
    answers = (
        ("谁多谁少", "；".join(_who(comparison))),
        ("为什么", "；".join(_why(comparison))),
        ("代价", "；".join(_price(comparison))),
        ("以后各年", "；".join(ahead_sentences(comparison))),
        ("合规", "；".join(_rules(comparison))),
        ("下一步", _next(comparison)),
    )
    return Table(
        "结论",
        f"{heading(comparison.lead)}分配方案比较结论",
        (Column("问题", "text", 12), Column("回答", "text", 110)),
        tuple(Row("plain", (question, f"{said}。")) for question, said in answers if said),
        f"单位：{comparison.money_unit}，比较基准：{comparison.baseline.name}",
        notes=(
            "注：各句的数取自「得失对比」「市州和规模」「差异分解」「较上年变动」「受损县区」「方案比较」「单调性」。",
            *((f"“以后各年”取自「{YEAR_COMPARISON}」，都是预测。",) if comparison.ahead else ()),
        ),
    )


def _who(comparison: Comparison) -> Iterator[str]:
    """Against the baseline, or where nothing else is compared against last year; prefectures that move most."""
    money, index = comparison.money_unit, comparison.units.prefecture_index
    found = list(differences(comparison))
    against = found[0][0] if found else ""
    for at, (name, side, difference) in enumerate(each for each in found if each[0] == against):
        moved = np.nan_to_num(difference)
        more, fewer = int((moved > 0).sum()), int((moved < 0).sum())
        gained, lost = (amount(float(np.maximum(moved * sign, 0).sum())) for sign in (1, -1))
        opening = f"与{name}比，" if at == 0 else ""
        if not more and not fewer:
            yield f"{opening}{side.name}：一个县也没有变"
            continue
        by_prefecture = np.bincount(index, moved, len(comparison.units.prefectures)).round(8)
        names = [short_prefecture(str(each)) for each in comparison.units.prefectures]
        most, least = int(np.argmax(by_prefecture)), int(np.argmin(by_prefecture))
        where = (
            [f"{names[most]}多{in_figures(by_prefecture[most])}"] if by_prefecture[most] > 0 else []
        )
        where += (
            [f"{names[least]}少{in_figures(-by_prefecture[least])}"]
            if by_prefecture[least] < 0
            else []
        )
        yield (
            f"{opening}{side.name}："
            + "、".join(
                ([f"{more}个县多得{in_figures(gained)}"] if more else [])
                + ([f"{fewer}个县少得{in_figures(lost)}"] if fewer else [])
            )
            + f"{money}"
            + (f"（{'，'.join(where)}）" if where else "")
        )


def _why(comparison: Comparison) -> Iterator[str]:
    """The causes that move most money, in plain words."""
    for side, causes in _causes(comparison):
        moved = [
            (name, amount(float(given[given > 0].sum())), int((given.round(8) > 0).sum()))
            for name, given in causes
        ]
        largest = sorted((each for each in moved if each[1] > 0), key=lambda each: -each[1])
        if largest:
            told = "、".join(
                f"{name}（使{counties}个县共多得{in_figures(gained)}{comparison.money_unit}）"
                for name, gained, counties in largest[:MOST_CAUSES]
            )
            yield f"{side.name}：{told}" + ("等" if len(largest) > MOST_CAUSES else "")


def _causes(comparison: Comparison) -> Iterator[tuple[Side, list[tuple[str, Floats]]]]:
    """Per side the causes of its difference with what each gives every county: to the baseline, or to last year."""
    base = comparison.baseline
    if base in comparison.sides:
        for found, side in zip(comparison.effects, comparison.others, strict=True):
            yield side, [(_cause(part.cause, base, side), part.given) for part in found.parts]
    else:
        for side in comparison.sides:
            if side.plan:
                yield side, list(zip(CHANGES, np.nansum(side.changes, axis=1), strict=True))


def _cause(cause: str, base: Side, side: Side) -> str:
    if not (base.plan and side.plan):
        return f"「{cause}」"
    if cause == GOALS:
        return f"目标改为“{' > '.join(side.plan.objective)}”"
    return f"「{cause}」不同"


def _price(comparison: Comparison) -> Iterator[str]:
    made = measures(comparison.sides, comparison.money_unit)
    for at, side in enumerate(comparison.sides):
        said = list(losers_and_prices(comparison, made, at))
        if said:
            yield f"{side.name}：{'，'.join(said)}"
        elif side is not comparison.baseline and np.isfinite(side.change).all():
            yield f"{side.name}：没有县少于上年"


def _rules(comparison: Comparison) -> Iterator[str]:
    relaxed = [
        side.name for side in comparison.sides if side.plan and RELAXED in side.plan.scenario
    ]
    if relaxed:
        yield f"{'、'.join(relaxed)}放宽了规则才算得出"
    told = [alarm.partition("：为满足")[0].rstrip("。") for alarm in alarms(comparison)]
    if all(not np.nansum(side.short) for side in comparison.sides if side.plan):
        told.insert(0, f"{this_year(comparison)}“三保”都没有缺口")
    yield "；".join(told) if told else "没有软规则被突破"
    harm = [len(worse.losers) for worse in comparison.worse if worse.losers]
    if comparison.worse:
        yield (
            f"试过{len(comparison.worse)}种总额增加，{len(harm)}种会使有的县反而变少（最多{max(harm)}个，见「单调性」）"
            if harm
            else f"试过{len(comparison.worse)}种总额增加，没有县因此变少"
        )


def _next(comparison: Comparison) -> str:
    """What is to be decided: no scenario is called the best, only what each alone is best at."""
    made = measures(comparison.sides, comparison.money_unit)
    best = [
        (side.name, [measure.praise for measure in made if measure.best == at])
        for at, side in enumerate(comparison.sides)
    ]
    choices = [f"要{'、'.join(praise)}，选{name}" for name, praise in best if praise]
    base = comparison.baseline.name
    if choices and base in {name for name, praise in best if not praise}:
        choices.append(f"都不取，仍用{base}")
    said = ["先定取舍：" + "；".join(choices)] if choices else []
    failed = "、".join(name for name, _ in comparison.failed)
    said += [f"{failed}没有可行方案，先按提示改参数"] if failed else []
    one_source = len({side.source for side in comparison.sides}) == 1 < len(comparison.sides)
    said += (
        ["选定后由经办人出正式结果（transfer-opt solve --scenario 方案名），逐县核对受损县区"]
        if one_source
        else []
    )
    return "；".join(said) or "逐县核对「得失对比」后定稿"
