"""The budget as its result repeats it: 「输入数据」 and 「方案参数」 as the sheets of an input workbook again.

「输入数据」 stands for 「县区数据」 and 「受益人数」; 「方案参数」 for 「约束参数」, 「资金总额」, 「县区上下限」 and
「共担事项」, whose standards and shares are parameters; 「年度展望」 for itself, 「断面协议」 for 「断面」, 「区划调整表」 for 「区划调整」.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from transfer_opt.core.tables import FIRST_ROW, HEADER_ROW
from transfer_opt.core.text import RawCell
from transfer_opt.core.vocabulary import (
    AGREEMENTS,
    AS_TYPED,
    BENEFICIARIES,
    BOUND_SIDES,
    BOUNDS,
    CODE,
    COUNTIES,
    INPUT,
    NAME,
    NET_FLOW,
    OTHER_NEED,
    OUTLOOK,
    PARAMETERS,
    POOLS,
    PREFECTURE,
    PROVINCE_SHARE,
    PROVINCE_SIDES,
    PROVINCES_PART,
    RULES,
    SECTIONS,
    SERVICES,
    SHARED_RULE,
    SUCCESSION,
    SUCCESSION_READ,
    TIER,
)
from transfer_opt.policy.shared_costs import LEVELS, LISTED, SERVICE, STANDARD, WITHIN
from transfer_opt.workbook.files.open import RawSheet, RawWorkbook

POOL_FACTS = (
    "本年总额",
    "州本级及其他",
    "预留",
    "可分配总额",
    "上年总额",
    "收文日期",
    PROVINCE_SHARE,
    *PROVINCE_SIDES,
    "统筹后本年总额",
    PROVINCES_PART,
)
"""What 「方案参数」 says of every pool."""
DERIVED = ("预留", "可分配总额", "统筹后本年总额")
"""What of it follows from the rest."""
PEOPLE, SHARED_TIER = "受益人数·", "共担档次"
"""In 「输入数据」: before the name of a service, and a county's 档次."""
WIDTH = 10
"""Columns of 「方案参数」: 规则, 资金, 参数, 对象, 取值, 启用, 刚性, 优先级, 依据条款, 说明."""

_GIVEN = tuple(fact for fact in POOL_FACTS if fact not in DERIVED)
_Cells = Sequence[RawCell]


def restated(sheets: Mapping[str, RawSheet], path: str, sha256: str) -> RawWorkbook:
    """The input workbook that a result's sheets tell of; `path` and `sha256` are what it is called by."""
    parameters = sheets[PARAMETERS].rows
    rows = [
        (*row, *(None,) * (WIDTH - len(row))) for row in parameters[FIRST_ROW:] if row and row[0]
    ]
    pools = [row for row in rows if row[0] == POOLS and row[2] in POOL_FACTS]
    bounds = [row for row in rows if row[0] == BOUNDS and row[2] in BOUND_SIDES]
    services = [row for row in rows if _of_service(row)]
    rules = [row for row in rows if row not in pools and row not in bounds and row not in services]
    head = list(parameters[:HEADER_ROW])
    counties, beneficiaries = _counties(sheets[INPUT].rows)
    made = [
        RawSheet(COUNTIES, counties, ()),
        RawSheet(RULES, [*parameters[: HEADER_ROW + 1], *rules], ()),
        RawSheet(POOLS, [*head, ("资金", *_GIVEN), *_pools(pools)], ()),
    ]
    if bounds:
        made.append(
            RawSheet(
                BOUNDS, [*head, ("县区名称", "资金", *BOUND_SIDES, "理由"), *_bounds(bounds)], ()
            )
        )
    if OUTLOOK in sheets:
        made.append(RawSheet(OUTLOOK, sheets[OUTLOOK].rows, ()))
    if AGREEMENTS in sheets:
        made.append(RawSheet(SECTIONS, sheets[AGREEMENTS].rows, ()))
    if SUCCESSION_READ in sheets:
        made.append(RawSheet(SUCCESSION, sheets[SUCCESSION_READ].rows, ()))
    if services:
        header = (SERVICE, STANDARD, LISTED, TIER, *LEVELS, "依据")
        made.append(RawSheet(SERVICES, [*head, header, *_services(services)], ()))
        made.append(RawSheet(BENEFICIARIES, beneficiaries, ()))
    return RawWorkbook(path, sha256, tuple(made))


def _counties(rows: Sequence[_Cells]) -> tuple[list[_Cells], list[_Cells]]:
    """「县区数据」 as it was typed, and 「受益人数」 from the columns that were added for it.

    A budget without codes has no column of them, though its result has an empty one.
    """
    first, header, body = rows[:HEADER_ROW], rows[HEADER_ROW], rows[FIRST_ROW:]
    coded = any(row and row[0] for row in body)
    names = [None if name == CODE and not coded else name for name in header]
    typed = {
        str(name)[len(AS_TYPED) :]: at for at, name in enumerate(names) if AS_TYPED in str(name)
    }
    added = {at: _restored(name) for at, name in enumerate(names) if _restored(name)}
    own = [
        (name, typed.get(str(name), at))
        for at, name in enumerate(names)
        if at not in added and at not in typed.values() and name != NET_FLOW
    ]
    keys = [at for at, name in enumerate(names) if name in (CODE, NAME, PREFECTURE)]
    places = [at for _, at in own]
    counties = [[name for name, _ in own], *(_chosen(row, places) for row in body)]
    people = [
        [added.get(at, names[at]) for at in (*keys, *added)],
        *(_chosen(row, [*keys, *added]) for row in body),
    ]
    return [*first, *counties], [*first, *people]


def _restored(header: RawCell) -> str:
    """What a column of 「输入数据」 is called in 「受益人数」; "" where it is none of that sheet's."""
    text = str(header or "")
    if text.startswith(PEOPLE):
        return text.removeprefix(PEOPLE)
    return {SHARED_TIER: TIER, OTHER_NEED: OTHER_NEED}.get(text, "")


def _chosen(row: _Cells, places: Iterable[int]) -> list[RawCell]:
    return [row[at] if at < len(row) else None for at in places]


def _of_service(row: _Cells) -> bool:
    """Whether the row gives what a service costs, or who pays it, everywhere."""
    return row[0] == SHARED_RULE and WITHIN in str(row[2]) and not row[3]


def _services(rows: Iterable[_Cells]) -> Iterator[_Cells]:
    """One row per service and tier: 事项, 标准, 列入三保, 档次, four shares, 依据."""
    whole: dict[str, dict[str, RawCell]] = {}
    tiers: dict[tuple[str, str], dict[str, RawCell]] = {}
    for row in rows:
        service, *rest = str(row[2]).split(WITHIN)
        if rest[-1] in LEVELS:
            tier = tiers.setdefault((service, rest[0] if len(rest) > 1 else ""), {"依据": row[9]})
            tier[rest[-1]] = row[4]
        else:
            whole.setdefault(service, {})[rest[-1]] = row[4]
    for (service, name), told in tiers.items():
        of = whole.get(service, {})
        shares = (told.get(level) for level in LEVELS)
        yield service, of.get(STANDARD), of.get(LISTED), name or None, *shares, told["依据"]


def _pools(rows: Iterable[_Cells]) -> list[_Cells]:
    """One row per fund: 资金 and what is given of it."""
    funds: dict[RawCell, dict[RawCell, RawCell]] = {}
    for row in rows:
        funds.setdefault(row[1], {})[row[2]] = row[4]
    return [(fund, *(told.get(name) for name in _GIVEN)) for fund, told in funds.items()]


def _bounds(rows: Iterable[_Cells]) -> list[_Cells]:
    """One row per line: 县区名称, 资金, 下限, 上限, 理由."""
    lines: dict[tuple[RawCell, RawCell], dict[RawCell, RawCell]] = {}
    for row in rows:
        lines.setdefault((row[3], row[1]), {"理由": row[8]})[row[2]] = row[4]
    return [
        (*line, *(told.get(name) for name in (*BOUND_SIDES, "理由")))
        for line, told in lines.items()
    ]
