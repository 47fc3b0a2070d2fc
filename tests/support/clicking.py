"""Random acts on the page: moved, typed, switched, ordered, undone, pinned, mended, looked at; some of it garbage."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from transfer_opt.core.errors import InfeasibleError
from transfer_opt.policy.objectives import OBJECTIVES
from transfer_opt.workbench.levers import Lever, Levers
from transfer_opt.workbench.render import every
from transfer_opt.workbench.session import Session

GARBAGE = (
    "很多",
    "<script>alert(1)</script>",
    "=1+1",
    "-",
    "1e400",
    "nan",
    "9" * 40,
    "是否",
    "%",
    "十",
    "１２",
    "'",
)
WEIGHTS = {
    "slide": 6, "set": 8, "single": 3, "goals": 2, "undo": 5, "redo": 2, "reset": 3, "base": 1, "pin": 2,
    "unpin": 1, "recall": 1, "repair": 4, "look": 3,
}  # fmt: skip


def drawn(draw: random.Random, session: Session) -> tuple[str, Mapping[str, str]]:
    """An act that the page offers as it stands; what is typed need not be right."""
    [name] = draw.choices([*WEIGHTS], [*WEIGHTS.values()])
    levers = session.levers
    if name == "repair" and not isinstance(session.error, InfeasibleError):
        name = "undo"
    if levers is None and name in ("slide", "set", "single", "goals", "reset"):
        name = "undo"
    if name == "reset":
        assert levers
        cells = [*session.draft.cells]
        return name, addressed(draw.choice(cells)) if cells and draw.random() < 0.6 else {}
    forms: Mapping[str, Any] = {
        "slide": lambda: {"fund": draw.choice(session.desk.funds), "value": f"{draw.uniform(-10, 10):.1f}"},
        "set": lambda: _set(draw, levers),
        "single": lambda: _single(draw, session, levers),
        "goals": lambda: {"order": ">".join(draw.sample([*OBJECTIVES], draw.randint(1, 3)))},
        "base": lambda: {"base": draw.choice(session.desk.scenarios)},
        "pin": lambda: {"name": f"{draw.randint(1, 9)}号方案", "by": "预算处", "said": draw.choice(GARBAGE)},
        "unpin": lambda: {"name": f"{draw.randint(1, 9)}号方案"},
        "recall": lambda: {"name": f"{draw.randint(1, 9)}号方案"},
        "repair": lambda: {"way": str(draw.randint(0, 4))},
        "look": lambda: _look(draw, session),
    }  # fmt: skip
    return name, forms[name]() if name in forms else {}


def addressed(address: tuple[str, str, str, str]) -> dict[str, str]:
    """An address as the page sends it."""
    return dict(zip(("rule", "fund", "parameter", "place"), address, strict=True))


def value(draw: random.Random, lever: Lever) -> str:
    """Something like what stands there, something else, or garbage."""
    if draw.random() < 0.15:
        return draw.choice(GARBAGE)
    if lever.choices:
        return draw.choice(lever.choices)
    if lever.unit:
        return draw.choice([f"{draw.uniform(-3, 3):+.2f}%", f"{draw.randint(-5000, 5000):+d}", ""])
    if lever.value.endswith("%"):
        return f"{float(lever.value[:-1]) * draw.uniform(0.5, 1.6):.2f}%"
    try:
        return f"{float(lever.value.replace(',', '')) * draw.uniform(0.6, 1.4):.3f}"
    except ValueError:
        return draw.choice([lever.value, "", "5%"])


def _set(draw: random.Random, levers: Levers | None) -> dict[str, str]:
    assert levers
    lever = draw.choice([*every(levers), *(pool.lever for pool in levers.pools)])
    return {**addressed(lever.address), "value": value(draw, lever)}


def _single(draw: random.Random, session: Session, levers: Levers | None) -> dict[str, str]:
    assert levers
    units = session.desk.prepared.settings.recipients
    places = [*map(str, units.name), *map(str, units.prefectures), "没有这个县"]
    what = draw.choice(levers.single)
    said = draw.choice(["是", "否"]) if what.endswith("启用") else f"{draw.uniform(1, 20000):.0f}"
    return {
        "what": what,
        "place": draw.choice(places),
        "fund": draw.choice(session.desk.funds),
        "value": draw.choice([said, said, f"{draw.uniform(1, 60):.1f}%", draw.choice(GARBAGE)]),
    }


def _look(draw: random.Random, session: Session) -> dict[str, str]:
    units = session.desk.prepared.settings.recipients
    names = [*map(str, units.name), "没有这个县"]
    return draw.choice(
        [
            {"fund": draw.choice(["", "0", "1", "2", "7"])},
            {"toggle": str(draw.choice(units.prefectures))},
            {"county": draw.choice(names)},
            {"second": draw.choice(names)},
        ]
    )
