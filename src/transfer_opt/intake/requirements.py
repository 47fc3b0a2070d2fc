"""Which columns of 「县区数据」 the switched-on rules, formulas and objectives cannot do without, and how to do without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.vocabulary import FUND, SHARED_RULE
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.factor_weights import weighed
from transfer_opt.policy.factors import FACTORS, NEED_COLUMNS
from transfer_opt.policy.model import FactorSpec, ModelSpec
from transfer_opt.policy.objectives import OBJECTIVES
from transfer_opt.policy.settings import Settings
from transfer_opt.policy.shared_costs import AS_WORKED_OUT

REQUIRED_SPENDING = "必保支出"
PROTECTED_AREA, PROTECTED_NUMBER = "禁止开发区面积", "禁止开发区个数"
WRITE = "在「约束参数」写一行（已有的行改成一样）："
ELIGIBILITY: Mapping[str, tuple[str, ...]] = {
    "仅缺口为正": ("标准财政支出", "标准财政收入"),
    "仅功能区": ("功能区类型",),
}
"""「资格」·参数 → the columns it looks at."""


@dataclass(frozen=True)
class Need:
    """One column, who needs it, and the line of 「约束参数」 that does without."""

    column: str
    fund: int
    """The fund whose eligible recipients must have a value; -1: every recipient."""
    eligible_only: bool
    reason: str
    line: str
    """What to write in 「约束参数」 so that this one does without."""
    deed: str = ""
    """What else to do instead, where no line will."""


@dataclass(frozen=True)
class Needed:
    """One column and everybody that needs it; the first says of whom."""

    needs: tuple[Need, ...]

    @property
    def column(self) -> str:
        """The column."""
        return self.needs[0].column

    @property
    def reason(self) -> str:
        """All that need it."""
        return "、".join(dict.fromkeys(need.reason for need in self.needs))

    @property
    def way_out(self) -> str:
        """All that has to be done to do without it."""
        lines = [*dict.fromkeys(need.line for need in self.needs if need.line)]
        deeds = dict.fromkeys(need.deed for need in self.needs if need.deed)
        rows = [f"{_write(len(lines))}{'；'.join(lines)}。"] if lines else []
        return "并且".join([*rows, *deeds])


def requirements(
    spec: ModelSpec, settings: Settings, objective: tuple[str, ...], letters: Mapping[str, str]
) -> tuple[Needed, ...]:
    """Every column needed, each with all that need it."""
    found: dict[str, list[Need]] = {}
    worked_out = settings.text(SHARED_RULE, "保基本民生") == AS_WORKED_OUT
    for need in (
        *_by_eligibility(settings),
        *_by_rules(settings),
        *_by_factors(spec, settings, letters),
        *_by_objectives(settings, objective),
    ):
        if need.column != NEED_COLUMNS[0] or not worked_out:
            found.setdefault(need.column, []).append(need)
    return tuple(Needed(tuple(needs)) for needs in found.values())


def _write(count: int) -> str:
    return WRITE if count == 1 else WRITE.replace("一行", f" {count} 行")


def _by_rules(settings: Settings) -> Iterator[Need]:
    for name, entry in CONSTRAINTS.items():
        scope = settings.rules[name].by
        funds = range(len(settings.funds)) if scope in ("line", "fund", "prefecture") else [NOWHERE]
        for fund in funds:
            if not settings.on_anywhere(name, fund):
                continue
            columns = [*entry.columns, *_population(settings, name)]
            for column in columns:
                yield from _expanded(
                    settings, column, fund, f"规则「{name}」", _switch_off(settings, name, fund)
                )


def _population(settings: Settings, rule: str) -> list[str]:
    return (
        [settings.text(rule, "人口口径")] if "人口口径" in settings.rules[rule].parameters else []
    )


def _expanded(
    settings: Settings, column: str, fund: int, reason: str, line: str, deed: str = ""
) -> Iterator[Need]:
    """A column, or one per fund where it has 〈资金〉 in its name; last year is only asked of eligible recipients."""
    if FUND not in column:
        yield Need(column, NOWHERE, False, reason, line, deed)
        return
    for each in [fund] if fund != NOWHERE else range(len(settings.funds)):
        yield Need(column.replace(FUND, settings.funds[each]), each, True, reason, line, deed)


def _by_factors(spec: ModelSpec, settings: Settings, letters: Mapping[str, str]) -> Iterator[Need]:
    for position, name in enumerate(settings.funds):
        if by_gap(settings, position):
            for key in ("需求列", "财力列"):
                column = settings.text("保障水平最大化", key)
                yield Need(
                    column,
                    position,
                    True,
                    f"{name}按缺口测算",
                    f"规则「保障水平最大化」、参数「{key}」、取值写表里有的一列",
                )
            continue
        fund = spec.fund(name)
        assert fund is not None, "funds of the year are funds of the model"
        for column in _factor_columns(weighed(settings, fund), letters):
            yield Need(column, position, True, f"{name}因素法", _gap_instead(name))


def burdened(spec: ModelSpec, settings: Settings) -> Iterator[tuple[int, str]]:
    """The funds whose formula divides 必保支出 by 标准财政收入, and how to do without."""
    for position, name in enumerate(settings.funds):
        fund = spec.fund(name)
        if (
            fund is not None
            and not by_gap(settings, position)
            and any(
                factor.weight > 0 and REQUIRED_SPENDING in FACTORS[factor.function].columns
                for factor in weighed(settings, fund)
            )
        ):
            yield position, _gap_instead(name)


def by_gap(settings: Settings, fund: int) -> bool:
    """Whether a fund is shared out by the gap alone (「因素法」·参考)."""
    return bool(settings.texts("因素法", "参考", settings.by_fund()[fund : fund + 1])[0] == "缺口")


def _gap_instead(fund: str) -> str:
    return f"规则「因素法」、资金「{fund}」、参数「参考」、取值「缺口」"


def _factor_columns(factors: Iterable[FactorSpec], letters: Mapping[str, str]) -> Iterator[str]:
    for factor in factors:
        if factor.weight > 0:
            for column in FACTORS[factor.function].columns:
                if column == REQUIRED_SPENDING and column not in letters:
                    yield from NEED_COLUMNS  # 必保支出 defaults to the 三保 need
                elif column == PROTECTED_AREA and PROTECTED_NUMBER in letters:
                    yield PROTECTED_NUMBER  # where the number is given, it replaces the area
                else:
                    yield column


def _by_eligibility(settings: Settings) -> Iterator[Need]:
    for position, name in enumerate(settings.funds):
        subject = settings.by_fund()[position : position + 1]
        for key, columns in ELIGIBILITY.items():
            if settings.texts("资格", key, subject)[0] != "否":
                for column in columns:
                    yield Need(
                        column,
                        NOWHERE,
                        False,
                        f"{name}的「资格」·{key}",
                        f"规则「资格」、资金「{name}」、参数「{key}」、取值「否」",
                    )


def _by_objectives(settings: Settings, objective: tuple[str, ...]) -> Iterator[Need]:
    for name in objective:
        line, deed = "", f"在「约束参数」的「目标」·顺序里去掉「{name}」。"
        columns = [*OBJECTIVES[name].columns]
        if name == "保障水平最大化":
            columns += [
                settings.text("保障水平最大化", key) for key in ("需求列", "财力列", "分母列")
            ]
            line = (
                "规则「保障水平最大化」、参数「需求列」「财力列」或「分母列」、取值写表里有的一列"
            )
            deed = ""
        for column in columns:
            yield from _expanded(settings, column, NOWHERE, f"目标「{name}」", line, deed)


def _switch_off(settings: Settings, rule: str, fund: int) -> str:
    whose = f"、资金「{settings.funds[fund]}」" if fund != NOWHERE else ""
    return f"规则「{rule}」{whose}、启用「否」"
