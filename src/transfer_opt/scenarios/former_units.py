"""Years beside each other: units that have another code now are the same, merged and split ones are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from transfer_opt.core.errors import Problem
from transfer_opt.core.text import normalise, some
from transfer_opt.core.vocabulary import SUCCESSION
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.succession import Succession
from transfer_opt.policy.warning_levels import Record
from transfer_opt.scenarios.watch import Source


def todays(units: Recipients, succession: Succession) -> Recipients:
    """The units of a year, those that only have another code now under that one and its name."""
    own = set(units.code)
    heirs = [_heir(str(code), own, succession) for code in units.code]
    names = [
        name if heir == code else succession.name(heir)
        for code, heir, name in zip(units.code, heirs, units.name, strict=True)
    ]
    return replace(units, code=np.array(heirs, dtype=object), name=np.array(names, dtype=object))


def not_comparable(
    sides: Sequence[tuple[Recipients, Succession | None]], names: Sequence[str], latest: Succession
) -> Iterator[str]:
    """Which units of a side were merged or split since, so that no line of today's can be held against theirs.

    Beside its units a side tells which changes it knows itself; None: it is a table that tells of none.
    """
    for (units, known), name in zip(sides, names, strict=True):
        gone = [code for code in latest.gone if code in units.code]
        merged = [code for code in gone if _heir(code, set(units.code), latest) == code]
        same = [code for code in gone if code not in merged]
        if merged:
            yield (
                f"「{name}」里的{_passed(merged, latest)}：按「{SUCCESSION}」合并或拆分过，各列各的行，"
                "这些县区前后的增减不能直接比；全省合计可以比。"
            )
        parted = [code for code in _parted(latest) if code in units.code]
        if parted and known is not None and known.passages != latest.passages:
            yield (
                f"「{name}」里的{_passed(parted, latest)}：按「{SUCCESSION}」划出过一部分，"
                "前后的增减不能直接比。"
            )
        if same:
            yield f"「{name}」里的{_passed(same, latest)}：按「{SUCCESSION}」只是换了代码，并成一行比。"


def watched(
    sources: Sequence[Source], succession: Succession
) -> tuple[list[Source], tuple[Problem, ...]]:
    """What the sources say of today's units; merged and split ones are left out, which is told."""
    if not succession.passages:
        return list(sources), ()
    left_out: set[str] = set()
    found = []
    for source in sources:
        records, own = [], dict[int, set[str]]()
        for record in source.records:
            own.setdefault(record.year, set()).add(_code(record, succession))
        for record in source.records:
            code = _code(record, succession)
            heir = _heir(code, own[record.year], succession)
            if heir != code:
                records.append(replace(record, code=heir, name=succession.name(heir)))
            elif code in succession.gone:
                left_out.add(code)
            else:
                records.append(record)
        found.append(replace(source, records=tuple(records)))
    first = min((each.year for source in sources for each in source.records), default=0)
    parted = _parted(succession) if first < _last_year(succession) else []
    return found, tuple(_told(sorted(left_out), parted, succession))


def _told(codes: Sequence[str], parted: Sequence[str], succession: Succession) -> Iterator[Problem]:
    if parted:
        yield Problem(
            "W396",
            f"{_passed(parted, succession)}：按「{SUCCESSION}」划出过一部分，前后各年的指标不完全可比。",
            "要接着看以前的变化，按新的范围重新测算以前各年，填「历年指标」。",
        )
    if codes:
        yield Problem(
            "W396",
            f"{_passed(codes, succession)}：按「{SUCCESSION}」合并或拆分过，以前各年的指标是比率，不能相加，"
            "原县区不再列出；划入的县区前后各年不完全可比。",
            "要接着看以前的变化，按新代码重新测算以前各年，填「历年指标」。",
        )


def _parted(succession: Succession) -> list[str]:
    """Units that are there still and passed a part of them on."""
    return sorted(
        {p.old for p in succession.passages if p.old in succession.here and p.new != p.old}
    )


def _last_year(succession: Succession) -> int:
    return max(passage.day.year for passage in succession.passages)


def _code(record: Record, succession: Succession) -> str:
    """The code of a record; of one that has none, that of the former unit of its name."""
    if record.code:
        return record.code
    name = normalise(record.name)
    return next((c for c in succession.gone if normalise(succession.name(c)) == name), "")


def _heir(code: str, own: set[str], succession: Succession) -> str:
    """The unit that is this one under another code; itself where there is none, or it is there besides."""
    heir = succession.renamed.get(code, code)
    return code if heir in own else heir


def _passed(codes: Sequence[str], succession: Succession) -> str:
    """「甲县→己县、丙县→丁县和戊县」."""
    told = [
        f"{succession.name(code)}→"
        + "和".join(
            succession.name(heir) for heir in sorted(succession.heirs(code)) if heir != code
        )
        for code in codes
    ]
    return some(told)
