"""启用, 刚性 and 优先级 as the rows of 「约束参数」 give them: they belong to the rule, so its rows must agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transfer_opt.core.errors import Problem
from transfer_opt.policy.model import Change, ModelSpec


def disagreeing_switches(
    spec: ModelSpec, sheet: str, changes: Sequence[Change]
) -> Iterator[Problem]:
    """启用, 刚性 and 优先级 belong to the rule: rows that speak of the same fund and object must agree."""
    said: dict[tuple[str, ...], object] = {}
    for change in changes:
        by_fund = spec.rules[change.rule].by in ("line", "fund", "prefecture")
        if (
            by_fund
            and change.on is False
            and not change.fund
            and any(
                other.rule == change.rule
                and other.fund
                and other.on
                and other.object == change.object
                for other in changes
            )
        ):
            yield Problem(
                "E213",
                f"规则「{change.rule}」有一行资金留空、启用「否」，另有写明资金的行启用「是」，不知要不要停用。",
                "要全部停用，把写明资金的行也改成「否」；只停用一部分，就不要写资金留空的行。",
                sheet,
            )
        for column, value in (
            ("启用", change.on),
            ("刚性", change.hard),
            ("优先级", change.priority),
        ):
            key = (column, change.rule, change.fund if by_fund else "", change.object)
            if value is not None and said.setdefault(key, value) != value:
                yield Problem(
                    "E213",
                    f"规则「{change.rule}」有几行的「{column}」写得不一样，不知以哪行为准。",
                    f"把同一规则、同一资金各行的「{column}」改成一致。",
                    sheet,
                )
