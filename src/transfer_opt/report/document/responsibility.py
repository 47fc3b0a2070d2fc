"""What a county bears of the shared services, said in its notice."""

from __future__ import annotations

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.exact import spelled
from transfer_opt.policy.shared_costs import COUNTY, LEVELS
from transfer_opt.report.responsibility import on_one_page


def responsibility(plan: Plan, county: int) -> str:
    """All services by level, then the county's part of each, every digit, so that they add up; "" where none are shared."""
    paid = plan.case.burdens
    if paid is None:
        return ""
    levels = paid.by_level[:, :, county]
    whole, ours = levels.sum(axis=0), levels[:, COUNTY]
    shown, others = on_one_page(paid)
    parts = [f"{paid.services[k]}{spelled(ours[k])}" for k in shown]
    if others:
        parts.append(f"其余{len(others)}项{spelled(ours[others].sum())}")
    by_level = "、".join(
        f"{level}{spelled(part)}" for level, part in zip(LEVELS, whole, strict=True)
    )
    each = f"；县承担的：{'、'.join(parts)}" if len(paid.services) > 1 else ""
    return f"另有共同财政事权支出{spelled(whole.sum())}{plan.case.money_unit}（{by_level}）{each}。"
