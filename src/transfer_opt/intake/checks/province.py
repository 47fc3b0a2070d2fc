"""What 「资金总额」 says of the province's own money."""

from __future__ import annotations

import math
from collections.abc import Iterator

from transfer_opt.core.budget import SheetRow, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import in_figures
from transfer_opt.core.vocabulary import POOL_AMOUNT, PROVINCE_SHARE, PROVINCE_SIDES
from transfer_opt.intake.cells import at
from transfer_opt.intake.checks.subject import Sheets


def province_valid(draft: Sheets) -> Iterator[Problem]:
    """What is the province's own of a pool is no more than the pool, and its sides leave a split."""
    sheet = draft.pools
    shares = {row.number: _given(row, PROVINCE_SHARE) for row in sheet.rows}
    sums = [0.0, 0.0]
    whole = math.fsum(value for value in shares.values() if value is not None)
    for row in sheet.rows:
        own, pool = shares[row.number], _given(row, POOL_AMOUNT)
        low, high = (_given(row, side) for side in PROVINCE_SIDES)
        if own is None:
            for side, value in zip(PROVINCE_SIDES, (low, high), strict=True):
                if value is not None:
                    yield at(
                        sheet,
                        row,
                        side,
                        "E401",
                        f"没有填{PROVINCE_SHARE}，不知统筹的是多少。",
                        f"填{PROVINCE_SHARE}，或清空。",
                    )
            continue
        if pool is not None and own > pool:
            yield at(
                sheet,
                row,
                PROVINCE_SHARE,
                "E401",
                f"大于本年总额 {in_figures(pool)}。",
                "改为不大于本年总额的数。",
            )
        if low is not None and high is not None and low > high:
            yield at(
                sheet,
                row,
                PROVINCE_SIDES[0],
                "E402",
                f"大于{PROVINCE_SIDES[1]} {in_figures(high)}。",
                "改正其中一个。",
            )
        sums[0] += low or 0.0
        sums[1] += whole if high is None else high
    over, under = round(sums[0] - whole, 6), round(whole - sums[1], 6)
    for side, total, far, word in zip(
        PROVINCE_SIDES, sums, (over, under), ("超过", "还差"), strict=True
    ):
        if far > 0:
            yield Problem(
                "E402",
                f"{PROVINCE_SHARE}合计 {in_figures(whole)}，各项{side}合计 {in_figures(total)}，{word} {in_figures(far)}。",
                f"改正{side}。",
                sheet.name,
                column=side,
            )


def _given(row: SheetRow, column: str) -> float | None:
    value = row.values.get(column)
    return float(value) if is_number(value) else None
