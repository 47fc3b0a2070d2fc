"""The fourth question of 「县区说明单」, where services are shared: who pays for them, and what of it is the county's need."""

from __future__ import annotations

from transfer_opt.core.vocabulary import RESPONSIBILITY, SHARED_RULE
from transfer_opt.policy.shared_costs import COUNTY, GROSS, LEVELS
from transfer_opt.report.notice.live import (
    EMPTY,
    Live,
    added,
    either,
    is_empty,
    joined,
    less,
    looked_up,
    money,
    percent,
    span,
    text,
    to,
)
from transfer_opt.report.notice.page import Page
from transfer_opt.report.responsibility import (
    ALL,
    COST,
    OF_OWN,
    PER_HEAD,
    decimals,
    on_one_page,
)

LINE, HEAD, SENTENCE, NEED = 14.5, 15.0, 16.0, 30.0
EXACT = 6
"""Decimals that take the dust off a difference."""


def who_pays(page: Page, row: int) -> int:
    """四、共同财政事权谁承担: two sentences and a table of the services; the first row after them."""
    paid = page.library.outcome.case.burdens
    assert paid is not None, "asked only where services are shared"
    paper, digits = page.paper, decimals(page.library.outcome.case)
    page.heading(row, "四、共同财政事权谁承担（不在以上资金之内；各数没有取整，相加可能差末位）")
    page.sentence(row + 1, _in_all(page, digits), SENTENCE)
    page.sentence(row + 2, _need(page, digits), NEED)
    row += 3
    headers = (f"事项（{COST}）", "本县承担", *LEVELS[:COUNTY])
    for at, header in enumerate(headers):
        paper.write(row, at + (at > 0), header, "head", across=1 + (at == 0))
    paper.heights[row] = HEAD
    shown, others = on_one_page(paid)
    whole = [_whole(page, name) for name in ALL]
    services = [[_of(page, paid.services[k], name) for name in (COST, *LEVELS)] for k in shown]
    told = list(zip((paid.services[k] for k in shown), services, strict=True))
    if others:
        rest = [
            to(less(whole[at], added([service[at] for service in services])), EXACT)
            for at in range(len(whole))
        ]
        told.append((f"其余 {len(others)} 项", rest))
    if len(paid.services) > 1:
        told.append(("合计", whole))
    for name, (cost, *levels) in told:
        row += 1
        main = name == "合计"
        named = joined(text(f"{name}（"), money(cost, digits), text("）"))
        paper.put(row, 0, named, "item", across=2, main=main)
        for at, level in enumerate((levels[COUNTY], *levels[:COUNTY])):
            paper.put(row, 2 + at, level, "money", digits, main=main or at == 0)
        paper.heights[row] = LINE
    return row + 1


def _in_all(page: Page, digits: int) -> Live:
    """What all services cost here, and what of it the county pays."""
    unit = page.library.outcome.case.money_unit
    per_head, of_own = _whole(page, PER_HEAD), _whole(page, OF_OWN)
    return joined(
        text("总支出 "),
        money(_whole(page, ALL[0]), digits),
        text(f" {unit}，本县承担 "),
        money(_whole(page, ALL[-1]), digits),
        text(f" {unit}"),
        either(is_empty(per_head), EMPTY, joined(text("，人均 "), money(per_head, 0), text(" 元"))),
        either(is_empty(of_own), EMPTY, joined(text("，占可用财力 "), percent(of_own))),
        text("。"),
    )


def _need(page: Page, digits: int) -> Live:
    """What of the listed services is need, and which figure counts."""
    outcome = page.library.outcome
    gross = outcome.settings.text(SHARED_RULE, "口径") == GROSS
    filled, used = _whole(page, "填报数"), _whole(page, "本次采用")
    return joined(
        text("保基本民生需求：测算数 "),
        money(_whole(page, "测算数"), digits),
        text(f"＝列入三保的{'各级' if gross else '本县'}承担 "),
        money(_whole(page, "列入三保"), digits),
        text("＋其他 "),
        money(_whole(page, "其他"), digits),
        either(is_empty(filled), EMPTY, joined(text("；填报数 "), money(filled, digits))),
        either(is_empty(used), EMPTY, joined(text("；本次采用 "), money(used, digits))),
        text("。"),
    )


def _whole(page: Page, name: str) -> Live:
    """A column of the first sheet that no service has."""
    return _at(page, RESPONSIBILITY, page.library.column(RESPONSIBILITY, name))


def _of(page: Page, service: str, name: str) -> Live:
    """A column of a service, on whichever sheet it stands."""
    sheet, at = next(
        (sheet, at)
        for sheet, table in page.library.tables.items()
        if sheet.startswith(RESPONSIBILITY)
        for at, column in enumerate(table.columns)
        if (column.band, column.name) == (service, name)
    )
    return _at(page, sheet, at)


def _at(page: Page, sheet: str, at: int) -> Live:
    """The county's cell; its rows are those of 「分配结果」."""
    rows = page.library.rows(sheet)
    return looked_up(
        f"INDEX({span(rows, (at, at), sheet)},{page.positions.result.formula})",
        page.library.tables[sheet].rows[page.row - rows[0]].values[at],
    )
