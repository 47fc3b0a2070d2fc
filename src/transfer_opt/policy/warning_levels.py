"""Warning levels: on which side of the department's cuts a county's figure lies. Exact, and pure functions.

    worse at once; better only past every cut on the way by the margin (回差), so that no level flickers

No cut stands here: all are the workbook's (「预警阈值」).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gmpy2 import mpq

from transfer_opt.core.exact import ONE, ZERO, ceiling

RED, ORANGE, YELLOW, GREEN, UNKNOWN = "红", "橙", "黄", "绿", "资料不全"
GRADES = (RED, ORANGE, YELLOW)
"""What cuts are set for, the worst first."""
LEVELS = (RED, ORANGE, YELLOW, UNKNOWN, GREEN)
"""As they are listed: what is not known comes before what is well."""
DIRECTIONS: Mapping[str, int] = {"越大越好": 1, "越小越好": -1}

GUARANTEE, COVERAGE, OWN, ECOLOGY, LAND = (
    "三保保障倍数",
    "保障水平与全省之比",
    "自有财力占支出",
    "生态考核结果",
    "土地出让收益用于农业农村",
)
OF_COUNTIES = (GUARANTEE, COVERAGE, OWN, ECOLOGY, LAND)
"""Indicators of a county that a result tells."""
OF_PROVINCE = (
    "变异系数",
    "泰尔指数",
    "最低保障水平",
    "三保缺口",
    "三保缺口县数",
    "生态变好县数",
    "生态稳定县数",
    "生态变差县数",
)
"""Indicators of the province that a result tells."""
LESS_IS_BETTER = ("变异系数", "泰尔指数", "三保缺口", "三保缺口县数", "生态变差县数")
ASSESSED: Mapping[str, int] = {"变好": 1, "基本稳定": 0, "变差": -1}
"""生态考核结果 as figures."""
FULL_MARK = 100


@dataclass(frozen=True)
class Ratio:
    """A county's figure top ÷ bottom, and what a unit of money adds to either; a bottom of 0: nothing to be measured."""

    top: mpq
    bottom: mpq = ONE
    more_top: mpq = ZERO
    more_bottom: mpq = ZERO

    @property
    def value(self) -> mpq | None:
        """The figure; None where there is nothing to be measured."""
        return self.top / self.bottom if self.bottom > 0 else None

    def lacks(self, cut: mpq) -> mpq | None:
        """The least money with which the figure is at least the cut; None where no money helps.

        u  =  max(0, (cut · bottom − top) / (more_top − cut · more_bottom))
        """
        short, gain = cut * self.bottom - self.top, self.more_top - cut * self.more_bottom
        if short <= 0:
            return ZERO
        return short / gain if gain > 0 else None


@dataclass(frozen=True)
class Threshold:
    """One row of 「预警阈值」: cuts for the counties' figures, goalposts for the province's."""

    indicator: str
    sign: int
    """1: more is better; -1: less is."""
    cuts: Mapping[str, mpq] = field(default_factory=dict)
    """Grade → its cut, the worst first, those that are set."""
    margin: mpq = ZERO
    goalposts: tuple[mpq, mpq] | None = None
    """最差, 最好."""
    field: str = ""
    """领域."""
    weight: mpq = ZERO
    """Of the field."""
    basis: str = ""


@dataclass(frozen=True)
class Record:
    """What one source says of one county, or of the whole province, in one year."""

    year: int
    code: str
    name: str
    prefecture: str
    values: Mapping[str, Ratio | None]
    """None: not known."""
    is_forecast: bool = False


def grade(threshold: Threshold, value: mpq) -> str:
    """The level of a figure by itself: the worst cut that it does not reach."""
    return next(
        (name for name, cut in threshold.cuts.items() if _short(threshold, value, cut)), GREEN
    )


def following(threshold: Threshold, before: str | None, value: mpq) -> str:
    """The level of a figure after a year with the level `before` (None: none is known)."""
    now = grade(threshold, value)
    order = [*threshold.cuts, GREEN]
    if before is None or order.index(now) <= order.index(before):
        return now
    at = order.index(before)
    while at < len(threshold.cuts) and not _short(threshold, value, left_at(threshold, order[at])):
        at += 1
    return order[at]


def left_at(threshold: Threshold, level: str) -> mpq:
    """The figure with which a level is left for a better one: its cut and the margin."""
    return threshold.cuts[level] + threshold.sign * threshold.margin


def levels(threshold: Threshold, values: Sequence[mpq | None]) -> Iterator[str]:
    """The levels of consecutive years; a year that is not known changes nothing of what is asked of the next."""
    before: str | None = None
    for value in values:
        if value is None:
            yield UNKNOWN
        else:
            before = following(threshold, before, value)
            yield before


def falls(sign: int, values: Sequence[mpq | None]) -> int:
    """How many years in a row, up to the last, were each worse than the year before; a year not known ends them."""
    count = 0
    for now, before in zip(values[::-1], values[-2::-1], strict=False):
        if now is None or before is None or sign * (now - before) >= 0:
            break
        count += 1
    return count


def worst(found: Sequence[str]) -> str:
    """The level of a county by those of its indicators: what is missing is never 绿."""
    return next((level for level in LEVELS if level in found), UNKNOWN)


def whole_units(money: mpq, unit: mpq) -> mpq:
    """The least amount in whole units that is enough."""
    return ceiling(money / unit) * unit


def score(goalposts: tuple[mpq, mpq], value: mpq) -> mpq:
    """100 · clamp((value − worst) / (best − worst)); the goalposts are the department's and do not move with the data."""
    bad, good = goalposts
    return FULL_MARK * min(ONE, max(ZERO, (value - bad) / (good - bad)))


def _short(threshold: Threshold, value: mpq, cut: mpq) -> bool:
    return bool(threshold.sign * (value - cut) < 0)
