"""A session as the page and its fragments; every text on it is escaped by the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from transfer_opt.allocation.plan import Amounts
from transfer_opt.core.errors import InfeasibleError, InputError, Problem, TransferOptError
from transfer_opt.core.vocabulary import POOL_AMOUNT, POOLS
from transfer_opt.intake.checks.catalogue import errors_of
from transfer_opt.intake.prepare import BudgetWorkbook
from transfer_opt.intake.reading import reading
from transfer_opt.intake.scenario_cells import Address
from transfer_opt.report.parts import groups
from transfer_opt.report.web.cells import Grid, Line
from transfer_opt.report.web.map import Area
from transfer_opt.report.web.strip import SHAPES
from transfer_opt.workbench.draft import address_of
from transfer_opt.workbench.levers import Lever, Levers
from transfer_opt.workbench.session import Session
from transfer_opt.workbench.templates import environment, rendered
from transfer_opt.workbench.views import (
    beside,
    card,
    county_grid,
    coverage,
    last_year,
    one_sentence,
    shift,
    totals,
    without_last_year,
)

BINS = (0.0, 0.05, 0.1, 0.15)
"""Where the colours of the sketch map part: 较上年."""


def problem_page(
    token: str, given: BudgetWorkbook | None, name: str, problems: Sequence[Problem]
) -> str:
    """What was read, and everything that is wrong with it."""
    lines = tuple(reading(given.model, given.budget).lines()) if given else ()
    return rendered(
        "problems.html.j2",
        token=token,
        name=name,
        lines=lines,
        problems=problems,
        text="\n".join(map(str, problems)),
    )


def whole_page(
    session: Session, token: str, places: Mapping[str, str], areas: Sequence[Area] = ()
) -> str:
    """The three columns; `places` says where files would be saved, and the ledger."""
    given = session.desk.given
    units = session.desk.prepared.settings.recipients
    return rendered(
        "page.html.j2",
        **_parts(session, areas),
        token=token,
        beside_source=places.get("folder", ""),
        ledger=places.get("ledger", ""),
        title=given.path.name,
        told=places.get("told", "") or session.remark,
        lines=tuple(reading(given.model, given.budget).lines()),
        warnings=session.desk.prepared.problems,
        names=list(map(str, units.name)),
        prefectures=list(map(str, units.prefectures)),
        swap=False,
    )


def after_act(
    session: Session, act: str, form: Mapping[str, str], areas: Sequence[Area] = ()
) -> str:
    """What an act has changed: the middle column first, then what stands elsewhere."""
    if act == "look" and "county" not in form and "second" not in form:
        pieces = ["result.html.j2"]
    elif act == "look":
        pieces = ["result.html.j2", "card.html.j2"]
    elif act in ("pin", "unpin"):
        pieces = ["result.html.j2", "pins.html.j2"]
    else:
        pieces = ["result.html.j2", "bar.html.j2", "card.html.j2"]
    parts = {**_parts(session, areas, "card.html.j2" in pieces), "swap": True}
    told = [rendered(piece, **parts) for piece in pieces]
    if act in ("set", "slide"):
        told.extend(_moved_levers(parts["levers"], act, form))
    elif act not in ("look", "pin", "unpin"):
        told.append(rendered("levers.html.j2", **parts))
    return "\n".join(told)


def after_proof(session: Session, version: int, areas: Sequence[Area] = ()) -> str:
    """The badge as it stands; once everything is known, the sentence and the card, too."""
    if version != session.version:
        return ""  # the page has been redrawn since
    if not session.is_settled:
        return rendered("proof.html.j2", s=session)
    parts = {**_parts(session, areas), "swap": True}
    if session.outcome is None or session.answer is None:
        whole = rendered("result.html.j2", **parts)
        return whole.replace('id="result"', 'id="result" hx-swap-oob="true"', 1) + rendered(
            "card.html.j2", **parts
        )
    return "\n".join(
        rendered(piece, **parts) for piece in ("proof.html.j2", "sentence.html.j2", "card.html.j2")
    )


def refusal(problems: Sequence[Problem]) -> str:
    """Why something was not done; everything else on the page stays."""
    return refused(
        "；".join(
            f"{f'「{each.value}」' if each.value else ''}{each.message}{each.remedy}"
            for each in problems
        )
    )


def refused(said: str) -> str:
    """The same in one sentence."""
    return f'<div id="told" role="alert" hx-swap-oob="true">{escape(said)}</div>'


def _moved_levers(levers: Levers | None, act: str, form: Mapping[str, str]) -> Iterator[str]:
    """The mark of the lever that was moved; of a pool the other way of moving it as well."""
    if levers is None:
        return
    module: Any = environment().get_template("macros.html.j2").module
    address: Address = (
        (POOLS, form["fund"], POOL_AMOUNT, "") if act == "slide" else address_of(form)
    )
    for pool in levers.pools:
        if pool.lever.address == address:
            yield rendered("pool.html.j2", pool=pool, slid=act == "slide")
            return
    for lever in every(levers):
        if lever.address == address:
            yield str(module.mark(lever))
            yield str(module.field(lever, True))


def every(levers: Levers) -> Iterator[Lever]:
    """All levers of rules and weights."""
    for _, rules in levers.groups:
        for rule in rules:
            for line in rule.lines:
                yield from (*line.switches, *line.levers)
    for _, weights in levers.weights:
        yield from weights


def _parts(session: Session, areas: Sequence[Area], with_card: bool = True) -> dict[str, Any]:
    """What the templates show; the card, which takes longest, only where it is shown."""
    now, base = session.now, session.base
    parts: dict[str, Any] = {
        "s": session,
        "scenarios": session.desk.scenarios,
        "base_name": session.draft.base,
        "levers": session.levers,
        "shapes": SHAPES,
        "today": date.today().isoformat(),
        "headline": "",
        "conflict": (),
        "ways": (),
        "sentence": "",
        "shift": None,
        "card": None,
        "beside": (),
        "county_name": "",
        "second_name": "",
        "map_areas": (),
    }
    if now is None:
        parts.update(_conflict(session.error) if session.is_settled else {})
        return parts
    session.look_first()
    before = base or now
    grid = county_grid(now, before, session.look.fund, session.look.opened)
    names = now.case.recipients.name
    look = session.look
    parts.update(
        unit=now.case.money_unit,
        totals=totals(now),
        shift=shift(now, before.given),
        past_losers=shift(now, last_year(now)).losers,
        past_unknown=without_last_year(now),
        past_known=without_last_year(now) < len(names),
        grid=grid,
        blocks=tuple(_blocks(session, grid)),
        strip=coverage(now, before),
        funds=[fund.name for fund in now.case.funds],
        sentence=_sentence(session),
        card=card(now, before, look.county) if with_card and look.county is not None else None,
        county_name="" if look.county is None else str(names[look.county]),
        second_name="" if look.second is None else str(names[look.second]),
        map_areas=tuple(_mapped(areas, now)),
    )
    outcome = session.outcome
    if with_card and outcome and look.county is not None and look.second not in (None, look.county):
        assert look.second is not None, "asked just now"
        parts["beside"] = beside(outcome, look.county, look.second)
    return parts


def _sentence(session: Session) -> str:
    base, outcome = session.base_outcome, session.outcome
    if base is None or outcome is None:
        return ""
    return one_sentence(base, outcome if session.draft.cells else None)


def _conflict(error: Exception | None) -> dict[str, Any]:
    """Why there is no allocation, line by line, and the ways out."""
    if isinstance(error, InfeasibleError):
        told = str(error).split("\n")
        ways = error.details.get("ways", [])
        lines = [line for line in told if not _is_way(line)]
        return {
            "headline": "没有可行方案",
            "conflict": lines,
            "ways": list(enumerate(ways)),
        }
    if isinstance(error, InputError):
        told = [str(problem) for problem in errors_of(error.problems)]
    elif isinstance(error, TransferOptError):
        told = [str(error)]
    else:
        told = [f"这样的取值程序算不下去（{type(error).__name__}），退回上一步，或换一个取值。"]
    return {"headline": "没有算出来", "conflict": told}


def _is_way(line: str) -> bool:
    """Lines of the message that the buttons say, or that speak of the command line."""
    return line.startswith(("  ", "其他办法", "solve 加 --relax"))


def _blocks(session: Session, grid: Grid) -> Iterator[tuple[str, str, Sequence[Line]]]:
    """合计, then each prefecture with its counties where it is open."""
    prefecture = ""
    lines: list[Line] = []
    for line in grid.lines:
        if line.kind == "total":
            yield "total", "", [line]
            continue
        if line.kind == "subtotal":
            if lines:
                yield "subtotal", prefecture, lines
            prefecture, lines = line.cells[0].text.removesuffix("小计"), [line]
        elif prefecture in session.look.opened:
            lines.append(line)
    if lines:
        yield "subtotal", prefecture, lines


def _mapped(areas: Sequence[Area], now: Amounts) -> Iterator[tuple[Area, int, str]]:
    """Outlines with the colour of 较上年 and what is said of them."""
    if not areas:
        return
    grid = county_grid(now, now, None)
    rise = [column.name for column in grid.table.columns].index("增幅")
    codes = (str(group.code) for group in groups(now.case) if group.kind == "unit")
    told = dict(zip(codes, (line.cells for line in grid.lines if line.kind == "unit"), strict=True))
    for area in areas:
        cells = told[area.code]
        value = cells[rise].value
        place = sum(value >= cut for cut in BINS) if isinstance(value, float) else 0
        yield area, place, f"{cells[0].text} {cells[rise].text}"
