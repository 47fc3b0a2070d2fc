"""Small random allocation problems with many ties, tight rules and awkward zeros; a seed always gives the same one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from cases import SHORT, make_case, make_settings

from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.core.arrays import Floats
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.settings import Settings

OBJECTIVE_LISTS = (
    ("贴近因素法",),
    ("保障水平最大化", "贴近因素法"),
    ("较上年波动最小", "贴近因素法"),
    ("三保缺口最小", "保障水平最大化", "差距最小", "贴近因素法"),
    ("差距最小",),
)
SOMETIMES_OFF_OR_SOFT = (
    "上年保底",
    "增幅上限",
    "三保兜底",
    "三保压力倾斜",
    "财力薄弱倾斜",
    "困难地区倾斜",
    "生态稳定增长",
)
ZONES = ("国家重点生态功能区", "省级重点生态功能区", "禁止开发区", "")


def instance(seed: int, most: int = 5) -> tuple[Case, Settings, tuple[str, ...]]:
    """A case of 2 to `most` counties and 1 to 3 funds, its settings, and an objective list."""
    random = np.random.default_rng(seed)
    count = int(random.integers(2, most + 1))
    shorts = SHORT[: int(random.integers(1, 4))]
    coarse = random.random() < 0.5

    def amounts(low: int, high: int) -> Floats:
        values = random.integers(low, high, count)
        return (values // 50 * 50 if coarse else values).astype(float)

    last = {short: amounts(50, 500) * (random.random(count) < 0.9) for short in shorts}
    pools = {
        short: float(round(last[short].sum() * random.uniform(0.98, 1.2))) + 20 for short in shorts
    }
    eligible = {short: random.random(count) < 0.85 for short in shorts}
    for mask in eligible.values():
        mask[random.integers(count)] = True
    reference = {
        short: _reference(random, amounts(0, 500), eligible[short], pools[short])
        for short in shorts
    }
    own = amounts(100, 1000) * (random.random(count) < 0.95)
    case = make_case(
        names=[f"县{i}" for i in range(count)],
        prefecture=[f"州{p}" for p in np.sort(random.integers(0, 2, count))],
        numbers={
            "可用财力": own,
            "标准财政支出": own + amounts(300, 1500) + 100,
            "常住人口": amounts(50, 500) + 10,
        },
        texts={
            "功能区类型": [ZONES[i] for i in random.integers(0, 4, count)],
            "困难地区类型": ["是" if draw < 0.4 else "" for draw in random.random(count)],
        },
        pools=pools,
        last=last,
        eligible=eligible,
        reference=reference,
        need=np.round(
            (own + amounts(0, 900) * random.uniform(0.5, 1.5)) * (random.random(count) < 0.9)
        ),
        usable={short: float(random.choice([0.0, 0.5, 1.0, 1.0, 1.0])) for short in shorts},
    )
    objective = OBJECTIVE_LISTS[int(random.integers(len(OBJECTIVE_LISTS)))]
    return case, make_settings(case, *_changes(random, case)), objective


def formulated(seeds: range) -> Iterator[tuple[int, Case, Formulation]]:
    """The instances whose lines have room between floor and cap, as programs."""
    for seed in seeds:
        case, settings, objective = instance(seed)
        formulation = formulate(case, settings, objective)
        if (formulation.program.lower <= formulation.program.upper).all():
            yield seed, case, formulation


def _reference(
    random: np.random.Generator, claims: Floats, eligible: np.ndarray, pool: float
) -> Floats:
    claims = claims * eligible * (random.random(len(claims)) < 0.9)
    claims = claims if claims.sum() > 0 else eligible.astype(float)
    return np.asarray(np.round(claims / claims.sum() * pool, 6))


def _changes(random: np.random.Generator, case: Case) -> Iterator[Change]:
    yield Change("单县占比上限", parameter="占比上限", value=float(random.choice([0.8, 1.0])))
    for rule in SOMETIMES_OFF_OR_SOFT:
        draw = random.random()
        if draw < 0.3:
            yield Change(rule, on=False)
        elif draw < 0.5:
            yield Change(rule, hard=False, priority=int(random.integers(1, 4)))
    for rule in ("保障水平下限", "位次不逆转"):
        if random.random() < 0.2:
            yield Change(rule, on=True, hard=bool(random.random() < 0.5))
            yield Change(rule, parameter="分组列", value=str(random.choice(["全省", "市州"])))
    if random.random() < 0.3:
        yield Change("市州占比", on=True, hard=bool(random.random() < 0.5))
        yield Change(
            "市州占比", parameter="上限", object=str(case.recipients.prefecture[0]), value=0.6
        )
