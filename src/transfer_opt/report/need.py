"""What a search for a goal found, in sentences and as one record for programs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from transfer_opt.core.exact import spelled_up
from transfer_opt.scenarios.goals import Goal
from transfer_opt.scenarios.need import Answer, End, Tried


def need_sentences(answer: Answer, goal: Goal, unit: str) -> Iterator[str]:
    """The answer, how it was confirmed, and what was tried."""
    lever = answer.lever
    yield f"{lever.text}：{_answered(answer, goal, unit)}"
    for end, what in ((answer.least, "少"), (answer.greatest, "多")):
        if end and end.beyond:
            sides = [f"{lever.shown(t.count, unit)}时{_came_to(t, goal, unit)}" for t in end.sides]
            if end.adjacent:
                step = "一个公布单位" if lever.kind == "money" else f"一步（{_step(answer)}）"
                sides[1] = f"再{what}{step}，{sides[1]}"
            said = "已" if end.confirmed else "没有试到相邻的一步，或结论不一，"
            yield f"  {said}重新完整求解核对：{'；'.join(sides)}。"
    yield f"  {_tried(answer, unit)}"


def need_record(answer: Answer, goal: Goal, unit: str) -> dict[str, Any]:
    """The same for programs."""

    def told(tried: Tried | None) -> dict[str, Any] | None:
        return (
            None
            if tried is None
            else {
                "at": float(answer.lever.value(tried.count)),
                "measure": tried.value,
                "short": tried.short,
                "reached": tried.reached,
            }
        )

    def end(found: End | None) -> dict[str, Any] | None:
        return (
            None
            if found is None
            else {
                **(told(found.at) or {}),
                "beyond": told(found.beyond),
                "confirmed": found.confirmed,
            }
        )

    return {
        "by": answer.lever.text,
        "step": float(answer.lever.step),
        "now": told(answer.now),
        "least": end(answer.least),
        "greatest": end(answer.greatest),
        "together": answer.together,
        "solved": answer.solved,
        "best": told(answer.best),
        "tried": [told(each) for each in answer.tried],
        "said": list(need_sentences(answer, goal, unit)),
    }


def _answered(answer: Answer, goal: Goal, unit: str) -> str:
    lever, least, greatest = answer.lever, answer.least, answer.greatest
    if least is None or greatest is None:
        best = answer.best
        return f"试过的取值都达不到；最接近的是 {lever.shown(best.count, unit)}：{_came_to(best, goal, unit)}。"
    now = f"现在是 {lever.shown(0, unit)}，{'已' if answer.now.reached else '没有'}达到"
    if doubt := _doubt(answer, least, greatest):
        reached = [each for each in answer.tried if each.reached]
        values = (lever.shown(each.count, unit) for each in (reached[0], reached[-1]))
        return (
            f"在 {'、'.join(dict.fromkeys(values))} 等 {len(reached)} 个取值达到（{now}）；"
            f"但{doubt}，不能说哪个是最少或最多。"
        )
    said = []
    if least.beyond:
        said.append(f"最少 {lever.shown(least.at.count, unit)}{_apart(answer, least, unit)}")
    if greatest.beyond:
        said.append(f"最多 {lever.shown(greatest.at.count, unit)}{_apart(answer, greatest, unit)}")
    return f"{'，'.join(said) or '试过的取值都达到'}（{now}）。"


def _doubt(answer: Answer, *ends: End) -> str:
    """Why no end may be called the least or the greatest; empty where it may."""
    if not answer.together:
        return "试过的取值里达到与达不到的交错出现"
    if not answer.solved:
        return "试过的取值里有的没有算出"
    return "" if all(end.confirmed for end in ends) else "没有试到相邻的一步"


def _apart(answer: Answer, end: End, unit: str) -> str:
    """How much that is more or less than now, where it is money."""
    away: Decimal = end.at.count * answer.lever.step
    if answer.lever.kind != "money" or not away:
        return ""
    return f"，比现在{'多' if away > 0 else '少'} {abs(away).normalize():,f} {unit}"


def _came_to(tried: Tried, goal: Goal, unit: str) -> str:
    if tried.short is None:
        return "没有算出"
    if tried.value is None:
        return (
            f"没有可行方案（规则互相矛盾，差 {spelled_up(tried.short)} {unit}）"
            if tried.short
            else "没有可行方案"
        )
    said = f"{goal.measure.name} {goal.shown(tried.value, unit)}"
    return f"{said}，{'达到' if tried.reached else '达不到'}"


def _tried(answer: Answer, unit: str) -> str:
    """How many values were tried, from where to where, and which of them reach the goal."""
    lever, tried = answer.lever, answer.tried
    first, last = (lever.shown(each.count, unit) for each in (tried[0], tried[-1]))
    reached = [each for each in tried if each.reached]
    said = f"从 {first}到 {last}，共试了 {len(tried)} 个取值，其中 {len(reached)} 个达到"
    if reached and answer.together:
        low, high = (lever.shown(each.count, unit) for each in (reached[0], reached[-1]))
        said += (
            f"：{low}至 {high}之间试过的都达到，此外试过的都达不到"
            if low != high
            else f"：只有 {low}"
        )
    return f"{said}。"


def _step(answer: Answer) -> str:
    step = answer.lever.step
    return f"{(step * 100).normalize():f} 个百分点" if answer.lever.kind == "share" else f"{step:f}"
