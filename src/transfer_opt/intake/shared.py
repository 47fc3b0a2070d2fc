"""「共担事项」 and 「受益人数」 → services, people and, under the settings that hold, who pays what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

import numpy as np

from transfer_opt.core.arrays import NOWHERE, Bools, Ints, Texts
from transfer_opt.core.budget import LARGEST, Budget, Sheet, SheetRow, is_number
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import ONE, Exacts, every, exact, exacts, known, spelled, total
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import some, to_text
from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    CODE,
    NAME,
    OTHER_NEED,
    PREFECTURE,
    SERVICES,
    SHARED_RULE,
    TIER,
)
from transfer_opt.intake.cells import at, word
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.admissible import TOO_LARGE
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import Settings
from transfer_opt.policy.shared_costs import (
    AS_FILLED,
    GROSS,
    LEVELS,
    LISTED,
    SERVICE,
    STANDARD,
    WITHIN,
    Burdens,
    Service,
    livelihood_need,
    named,
    shared_rule,
)

_GIVEN = (CODE, NAME, PREFECTURE, TIER, OTHER_NEED)
"""Columns of 「受益人数」 that are no service."""


@dataclass(frozen=True)
class Beneficiaries:
    """「受益人数」, aligned with the recipients."""

    tiers: Texts
    """(n,)"""
    people: Exacts
    """(K, n); None where not known."""
    other: Exacts
    """(n,) 其他保基本民生需求; 0 where the sheet has no such column."""


@dataclass
class _Rows:
    """The rows of one service while they are gathered."""

    row: SheetRow
    standard: float
    listed: str
    shares: dict[str, tuple[float, ...]] = field(default_factory=dict)
    basis: dict[str, str] = field(default_factory=dict)


def with_services(spec: ModelSpec, sheets: Mapping[str, Sheet]) -> ModelSpec:
    """The model with the workbook's services as parameters of 「共担测算」."""
    sheet = sheets.get(SERVICES)
    services = read_services(sheet)[0] if sheet else ()
    if not services:
        return spec
    rule = shared_rule(spec.rules[SHARED_RULE], services)
    return replace(spec, rules={**spec.rules, SHARED_RULE: rule})


# ------------------------------------------------------------------- 共担事项


def read_services(sheet: Sheet) -> tuple[tuple[Service, ...], tuple[Problem, ...]]:
    """The services in the order of their first rows, and what is wrong with the sheet."""
    problems: list[Problem] = []
    found: dict[str, _Rows] = {}
    for row in sheet.rows:
        if _nothing(sheet, row):
            continue
        name, tier = word(row, SERVICE), word(row, TIER)
        if not name or WITHIN in name + tier:
            column = SERVICE if not name or WITHIN in name else TIER
            problems.append(
                at(
                    sheet,
                    row,
                    column,
                    "E371",
                    f"不能有「{WITHIN}」。" if name else "空着，不知是哪个事项。",
                    "改写名称。" if name else "填事项名称，或删去这一行。",
                )
            )
            continue
        numbers = [_share(sheet, row, level, problems) for level in LEVELS]
        standard = _standard(sheet, row, problems)
        listed = _listed(sheet, row, problems)
        if all(number is not None for number in numbers):
            problems += _sum_problem(sheet, row, numbers)
        known = found.setdefault(name, _Rows(row, standard, listed))
        problems += _disagreeing(sheet, row, known, tier, standard, listed)
        known.shares.setdefault(tier, tuple(number or 0.0 for number in numbers))
        known.basis.setdefault(tier, to_text(row.values.get("依据")))
    services = tuple(
        Service(name, rows.standard, rows.listed == "是", rows.shares, rows.basis)
        for name, rows in found.items()
    )
    return services, tuple(problems)


def _nothing(sheet: Sheet, row: SheetRow) -> bool:
    return all(row.values.get(header) is None for header in sheet.letters)


def _share(sheet: Sheet, row: SheetRow, level: str, problems: list[Problem]) -> float | None:
    value = row.values.get(level)
    if is_number(value) and 0 <= value <= 1:
        return float(value)
    if value is None:
        told = "未填写。", "填这一级分担的比例，如 10%；不分担的写 0。"
    elif is_number(value) and 1 < value <= 100:
        told = "超出允许范围 0% 至 100%。", f"要 {value:g}%，写 {value:g}% 或 {value / 100:g}。"
    else:
        told = "不是 0% 至 100% 的比例。", "填比例，如 10% 或 0.1。"
    problems.append(at(sheet, row, level, "E372", *told))
    return None


def _standard(sheet: Sheet, row: SheetRow, problems: list[Problem]) -> float:
    value = row.values.get(STANDARD)
    if is_number(value) and 0 <= value <= LARGEST:
        return float(value)
    told = "未填写。" if value is None else "不是不小于 0 的数字。"
    problems.append(at(sheet, row, STANDARD, "E373", told, "填每人每年多少元，每一行都要填。"))
    return 0.0


def _listed(sheet: Sheet, row: SheetRow, problems: list[Problem]) -> str:
    text = word(row, LISTED)
    if text not in ("是", "否"):
        told = "未填写。" if not text else "不认识这个写法。"
        problems.append(at(sheet, row, LISTED, "E374", told, "填「是」或「否」。"))
    return text


def _sum_problem(sheet: Sheet, row: SheetRow, numbers: Sequence[float | None]) -> Iterator[Problem]:
    whole = total(exact(number) for number in numbers if number is not None)
    if whole != ONE:
        yield at(
            sheet,
            row,
            LEVELS[-1],
            "E375",
            f"四级分担合计 {spelled(whole)}，应为 1。",
            "改正这一行的四个比例。",
        )


def _disagreeing(
    sheet: Sheet, row: SheetRow, first: _Rows, tier: str, standard: float, listed: str
) -> Iterator[Problem]:
    """A tier twice, and rows of one service that say different things of it."""
    if tier in first.shares:
        yield at(
            sheet,
            row,
            TIER if tier else SERVICE,
            "E376",
            "同一事项、同一档次写了两行，不知以哪个为准。",
            "删去其中一行，或改正档次。",
        )
    elif first.shares and ("" in first.shares) != (tier == ""):
        yield at(
            sheet, row, TIER, "E376", "同一事项有的行分档次，有的行没有写。", "每一行都写明档次。"
        )
    for column, mine, theirs in (
        (STANDARD, standard, first.standard),
        (LISTED, listed, first.listed),
    ):
        if mine != theirs:
            yield at(
                sheet,
                row,
                column,
                "E376",
                f"与第{first.row.number}行同一事项写的不同。",
                "改成一样；标准不同的分成两个事项。",
            )


# ------------------------------------------------------------------- 受益人数


def read_beneficiaries(
    spec: ModelSpec, sheet: Sheet, services: Sequence[Service], units: Recipients
) -> tuple[Beneficiaries, tuple[Problem, ...]]:
    """Tier, people of each service and other need of every unit, and what is wrong with the sheet."""
    problems = list(_columns(sheet, services))
    rows = dict(_rows_of(spec, sheet, units, problems))
    for place in range(len(units)):
        if place not in rows:
            problems.append(
                Problem(
                    "E377",
                    f"没有「{units.name[place]}」这一行。",
                    "补上这一行；没有受益人写 0。",
                    sheet.name,
                )
            )
    columns = [service.name for service in services if service.name in sheet.letters]
    columns += [OTHER_NEED] if OTHER_NEED in sheet.letters else []
    for place, row in sorted(rows.items()):
        problems += _tier_problem(sheet, row, services)
        for column in columns:
            problems += _amount_problem(sheet, row, column, str(units.name[place]))
    count = len(units)
    people = [
        [_amount(rows.get(place), service.name) for place in range(count)] for service in services
    ]
    other = [_amount(rows.get(place), OTHER_NEED) for place in range(count)]
    return (
        Beneficiaries(
            np.array(
                [word(rows[place], TIER) if place in rows else "" for place in range(count)],
                dtype=object,
            ),
            exacts(np.array(people, dtype=float).reshape(len(services), count)),
            exacts(np.array(other, dtype=float)) if OTHER_NEED in sheet.letters else every(count),
        ),
        tuple(problems),
    )


def _columns(sheet: Sheet, services: Sequence[Service]) -> Iterator[Problem]:
    """Services without a column, and columns of no service."""
    names = [service.name for service in services]
    for name in names:
        if name not in sheet.letters:
            yield Problem(
                "E378",
                f"缺少事项「{name}」的受益人数。",
                "补上这一列，表头写事项名称。",
                sheet.name,
                column=name,
            )
    for header in sheet.letters:
        if header not in (*names, *_GIVEN):
            yield Problem(
                "E378",
                f"「{SERVICES}」里没有这个事项。",
                did_you_mean(header, names),
                sheet.name,
                sheet.header_cell(header),
                header,
            )
    if TIER not in sheet.letters and any("" not in service.shares for service in services):
        yield Problem("E378", "缺少这一列。", "补上这一列。", sheet.name, column=TIER)


def _rows_of(
    spec: ModelSpec, sheet: Sheet, units: Recipients, problems: list[Problem]
) -> Iterator[tuple[int, SheetRow]]:
    """The unit of each row, each once."""
    register = Register(units.code, units.name, spec.former)
    seen: dict[int, SheetRow] = {}
    for row in sheet.rows:
        found = register.find(word(row, CODE), word(row, NAME))
        column = NAME if row.values.get(NAME) is not None else CODE
        if found.place is None:
            told = "「县区数据」里没有这个县区。", did_you_mean(word(row, NAME), units.name)
            problems.append(at(sheet, row, column, "E377", *told))
        elif found.clash:
            told = "与代码不是同一个县区。", "改正代码或名称。"
            problems.append(at(sheet, row, column, "E377", *told))
        elif found.place in seen:
            told = f"与第{seen[found.place].number}行重复。", "删去其中一行。"
            problems.append(at(sheet, row, column, "E377", *told))
        else:
            seen[found.place] = row
            yield found.place, row


def _tier_problem(sheet: Sheet, row: SheetRow, services: Sequence[Service]) -> Iterator[Problem]:
    tier = word(row, TIER)
    for service in services:
        if TIER in sheet.letters and service.tier(tier) not in service.shares:
            yield at(
                sheet,
                row,
                TIER,
                "E379",
                f"「{SERVICES}」的「{service.name}」没有这一档。" if tier else "未填写。",
                did_you_mean(tier, service.shares)
                if tier
                else f"填 {'、'.join(service.shares)} 之一。",
            )
            return


def _amount_problem(sheet: Sheet, row: SheetRow, column: str, name: str) -> Iterator[Problem]:
    value = row.values.get(column)
    none = "没有的写 0，各县都没有就删去这一列。" if column == OTHER_NEED else "没有受益人写 0。"
    if value is None:
        yield at(sheet, row, column, "E381", f"{name}未填写。", none)
    elif not is_number(value):
        yield at(sheet, row, column, "E102", "不是数字。", f"填写数字；{none}")
    elif not isfinite(value) or abs(value) > LARGEST:
        yield at(sheet, row, column, "E103", *TOO_LARGE)
    elif value < 0:
        yield at(sheet, row, column, "E104", "不能是负数。", none)


# ------------------------------------------------------------------- who pays what


def paid_by(spec: ModelSpec, budget: Budget, settings: Settings, yuan: int) -> Burdens | None:
    """Who pays what of the workbook's services; None where it has none."""
    services, units = budget.sheets.get(SERVICES), budget.sheets.get(BENEFICIARIES)
    known = read_services(services)[0] if services else ()
    if not known or units is None:
        return None
    return burdens(
        settings, known, read_beneficiaries(spec, units, known, settings.recipients)[0], yuan
    )


def is_worked_out(settings: Settings) -> bool:
    """Whether what was worked out of the shared services counts as need."""
    return settings.text(SHARED_RULE, "保基本民生") != AS_FILLED


def livelihood_in(settings: Settings, paid: Burdens, filled: Exacts) -> Exacts:
    """保基本民生需求 (n,) as the settings have it, from what was filled in and what was worked out."""
    way, basis = (settings.text(SHARED_RULE, name) for name in ("保基本民生", "口径"))
    return livelihood_need(paid, way, basis == GROSS, filled)


def burdens(
    settings: Settings, services: Sequence[Service], people: Beneficiaries, yuan: int
) -> Burdens:
    """Under the settings that hold; the sheets must have passed their checks.

    Raises InputError where shares no longer add to 1, ValueError where a unit's people are not known.
    """
    found = shares(settings, services, people.tiers)
    if not known(people.people).all() or not known(found).all():
        raise ValueError("people or shares of a unit are not known")
    if (found.sum(axis=1) != ONE).any() and (
        wrong := [*unshared(settings, services, people.tiers)]
    ):
        raise InputError(wrong)
    return Burdens(
        tuple(service.name for service in services),
        listed(settings, services),
        people.tiers,
        people.people,
        np.array([_of_units(settings, named(each.name, STANDARD)) for each in services]).reshape(
            len(services), -1
        ),
        found,
        people.other,
        yuan,
    )


def unshared(
    settings: Settings, services: Sequence[Service], tiers: Texts, sheet: str = "", column: str = ""
) -> Iterator[Problem]:
    """Counties where the settings change shares so that they no longer add to 1."""
    found = shares(settings, services, tiers).sum(axis=1)
    names = settings.recipients.name
    for k, service in enumerate(services):
        typed = {tier: sum(map(exact, each)) for tier, each in service.shares.items()}
        for whole in sorted({*found[k]} - {ONE}):
            wrong = [i for i in range(len(names)) if found[k, i] == whole]
            if all(typed[service.tier(str(tiers[i]))] == whole for i in wrong):
                continue  # told of the row already
            yield Problem(
                "E375",
                f"改动以后，{service.name}在{some(names[wrong].tolist(), 3)}四级分担合计 {spelled(whole)}，应为 1。",
                "一级的比例改了，另一级也要写一行改过来。",
                sheet,
                column=column,
            )


def listed(settings: Settings, services: Sequence[Service]) -> Bools:
    """(K,) which services are among 保基本民生."""
    return np.array(
        [settings.text(SHARED_RULE, named(each.name, LISTED)) == "是" for each in services],
        dtype=bool,
    )


def shares(settings: Settings, services: Sequence[Service], tiers: Texts) -> Exacts:
    """(K, 4, n) what part each level pays; None where a unit's tier is none of the service's."""
    result = np.full((len(services), len(LEVELS), len(tiers)), None, dtype=object)
    for k, service in enumerate(services):
        mine = np.array([service.tier(str(tier)) for tier in tiers], dtype=object)
        for tier in service.shares:
            for position, level in enumerate(LEVELS):
                values = _of_units(settings, named(service.name, tier, level))
                result[k, position, mine == tier] = values[mine == tier]
    return result


def units_of(settings: Settings) -> Ints:
    """The subjects (n, 2) "every unit by itself"."""
    count = len(settings.recipients)
    return np.stack([np.full(count, NOWHERE), np.arange(count)], axis=1)


def _of_units(settings: Settings, parameter: str) -> Exacts:
    return exacts(settings.numbers(SHARED_RULE, parameter, units_of(settings)))


def _amount(row: SheetRow | None, column: str) -> float:
    value = row.values.get(column) if row else None
    return float(value) if is_number(value) else np.nan
