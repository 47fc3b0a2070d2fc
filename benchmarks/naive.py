"""What an analyst would write in an afternoon: pandas reads, PuLP and CBC solve twice, openpyxl writes one table.

    python benchmarks/naive.py BUDGET.xlsx OUT.xlsx

No checks, no levels (so the answer is one of many), no rounding, no proof, no explanation. It is the yardstick.
"""

from __future__ import annotations

import sys

import pandas as pd
import pulp

FUNDS = {
    "均衡性转移支付": (0.0, 0.15),
    "县级基本财力保障机制奖补资金": (0.10, 0.30),
    "重点生态功能区转移支付": (0.0, 0.20),
}
"""Fund → largest cut, largest growth, as in the model file."""
PRESSED, EXTRA, WEAK, WEAK_EXTRA = 0.3, 0.03, 0.3, 0.01
LARGEST_SHARE = 0.10
SLACK = 1e-6


def read(path: str, sheet: str, key: str) -> pd.DataFrame:
    """A sheet whose header row is the first that holds the key."""
    raw = pd.read_excel(path, sheet_name=sheet, header=None, engine="openpyxl")
    top = next(i for i, row in raw.iterrows() if key in [str(cell).strip() for cell in row])
    table = raw.iloc[top + 1 :].copy()
    table.columns = [str(cell).split("(")[0].split("（")[0].strip() for cell in raw.iloc[top]]
    return table[table[key].notna()]


def main(source: str, target: str) -> None:
    """Read, solve, write."""
    pools = read(source, "资金总额", "资金").set_index("资金")["本年总额"].astype(float)
    table = read(source, "县区数据", "县区名称")
    table = table[table["行政区划代码"].notna() & table["标准财政支出"].notna()].reset_index(
        drop=True
    )
    number = {
        name: pd.to_numeric(table[name])
        for name in table.columns
        if name.startswith(("标准", "可用", "保", "上年"))
    }
    gap = (number["标准财政支出"] - number["标准财政收入"]).clip(lower=0)
    need = number["保基本民生需求"] + number["保工资需求"] + number["保运转需求"]
    own = number["可用财力"]
    factor = {
        "均衡性转移支付": gap,
        "县级基本财力保障机制奖补资金": (need - own).clip(lower=0) + 0.2 * gap,
        "重点生态功能区转移支付": gap.where(table["功能区类型"].notna(), 0.0),
    }

    problem = pulp.LpProblem("allocation", pulp.LpMinimize)
    x, deviation = {}, []
    for fund, (cut, growth) in FUNDS.items():
        reference = factor[fund] / factor[fund].sum() * pools[fund]
        for i in table.index[reference > 0]:
            last = number[f"上年{fund}"].get(i)
            low, high = (
                (0.0, pools[fund])
                if pd.isna(last) or last == 0
                else ((1 - cut) * last, (1 + growth) * last)
            )
            x[fund, i] = pulp.LpVariable(
                f"x_{len(x)}", low, max(low, min(high, LARGEST_SHARE * pools[fund]))
            )
            up, down = pulp.LpVariable(f"u_{len(x)}", 0), pulp.LpVariable(f"d_{len(x)}", 0)
            problem += x[fund, i] - reference[i] == up - down
            deviation += [up * (1 / reference[i]), down * (1 / reference[i])]
        problem += pulp.lpSum(x[fund, i] for i in table.index if (fund, i) in x) == pools[fund]
    short = [pulp.LpVariable(f"s_{i}", 0) for i in table.index]
    for i in table.index:
        problem += (
            pulp.lpSum(x[fund, i] for fund in FUNDS if (fund, i) in x) + own[i] + short[i]
            >= need[i]
        )
    for fund, rank, share, extra in (
        ("县级基本财力保障机制奖补资金", need / own, PRESSED, EXTRA),
        ("均衡性转移支付", -own / number["标准财政支出"], WEAK, WEAK_EXTRA),
    ):
        group = rank.sort_values(ascending=False).index[: int(len(table) * share)]
        group = [i for i in group if (fund, i) in x]
        last = number[f"上年{fund}"]
        grown = pools[fund] / last.sum() + extra
        problem += pulp.lpSum(x[fund, i] for i in group) >= grown * last[group].sum()

    total = pulp.lpSum(short)
    problem.setObjective(total)
    problem.solve(pulp.PULP_CBC_CMD(msg=False))
    problem += total <= (pulp.value(total) or 0.0) + SLACK
    problem.setObjective(pulp.lpSum(deviation))
    problem.solve(pulp.PULP_CBC_CMD(msg=False))
    result = table[["行政区划代码", "县区名称", "市州"]].copy()
    for fund in FUNDS:
        result[fund] = [round(x[fund, i].value()) if (fund, i) in x else None for i in table.index]
    result["合计"] = result[list(FUNDS)].sum(axis=1)
    result.to_excel(target, index=False)
    print(pulp.LpStatus[problem.status], result["合计"].sum())


if __name__ == "__main__":
    main(*sys.argv[1:3])
