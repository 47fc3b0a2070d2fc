"""What each command writes into the ledger, and how a line is told."""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transfer_opt.core.version import __version__

if TYPE_CHECKING:
    from transfer_opt.allocation.plan import Outcome
    from transfer_opt.published.ledger import Line

SOLVED, EXPORTED, ADJUSTED = "计算", "导出", "调整"


@dataclass(frozen=True)
class Entered:
    """A line that was added."""

    number: int
    hash: str

    @property
    def said(self) -> str:
        """What the user may note down outside the ledger."""
        return f"已记入台账第 {self.number} 行，校验码 {self.hash}"


def prepare_ledger(place: str | None) -> None:
    """Before any work: the ledger can be written; raises OutputError. Nothing without a ledger."""
    if place:
        from transfer_opt.published.ledger import ready

        ready(place)


def record_solve(place: str | None, outcome: Outcome, written: Sequence[Path]) -> Entered | None:
    """A completed `solve` and the files it wrote."""
    totals = {fund.name: f"{fund.pool:.15g}" for fund in outcome.case.funds}
    return _record(
        place,
        SOLVED,
        {
            "input": Path(outcome.budget.path).name,
            "input_sha256": outcome.budget.sha256,
            "model_sha256": outcome.spec.sha256,
            "scenario": outcome.scenario,
            "totals": totals,
            "unit": outcome.case.money_unit,
            "digest": outcome.digest,
            "output": "、".join(path.name for path in written),
            "output_sha256": [_sha256(path) for path in written],
        },
    )


def record_export(
    place: str | None, result: Path, digest: str, kind: str, target: Path
) -> Entered | None:
    """A completed `export`; `digest` is the check code of the result."""
    if not place:
        return None
    return _record(
        place,
        EXPORTED,
        {
            "input": result.name,
            "input_sha256": _sha256(result),
            "digest": digest,
            "format": kind,
            "output": target.name,
            "output_sha256": _sha256(target),
        },
    )


def record_adjustment(place: str | None, facts: Mapping[str, str], target: Path) -> Entered | None:
    """A completed `adjust`; `facts` say what was decided, by whom and why, and of which result."""
    return _record(
        place, ADJUSTED, {**facts, "output": target.name, "output_sha256": _sha256(target)}
    )


def told(line: Line) -> str:
    """One line of `history`."""
    facts = line.facts
    said = {
        SOLVED: "{input} → {output}，方案 {scenario}，校验码 {digest}",
        EXPORTED: "{input} → {output}（{format}），校验码 {digest}",
        ADJUSTED: "{county} {fund}：{before} → {after} {unit}，理由：{reason}，由 {by} 决定 → {output}",
    }.get(line.kind, "{}").format_map(_Missing(facts))
    return f"{line.number}　{line.time}　{line.kind}　{facts.get('user', '')}　{said}"


class _Missing(dict[str, Any]):
    """Facts of which some may be gone."""

    def __missing__(self, key: str) -> str:
        return "？"


def _record(place: str | None, kind: str, facts: Mapping[str, Any]) -> Entered | None:
    if not place:
        return None
    from transfer_opt.published.ledger import append

    line = append(place, kind, {**facts, "user": _user(), "version": __version__})
    return Entered(line.number, line.hash)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _user() -> str:
    """Who is logged in, as far as the system says."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
