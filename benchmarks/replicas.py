"""Workbooks of any size for the benchmarks: the example's counties repeated with seeded noise, the pools in proportion.

python benchmarks/replicas.py 2844 outputs/2844.xlsx [need factor]
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

import xlsxwriter

DATA = Path(__file__).parent.parent / "inputs" / "data" / "qinghai_example.csv"
LABEL = "示例数据，不代表任何实际分配"
POOLS = {
    "均衡性转移支付": (1998000, 1850000),
    "县级基本财力保障机制奖补资金": (438000, 402000),
    "重点生态功能区转移支付": (384500, 356000),
}
NEED = ("保基本民生需求", "保工资需求", "保运转需求")
TEXTS = {"行政区划代码", "县区名称", "市州", "功能区类型", "生态考核结果", "困难地区类型"}
NOISE = 0.15


def workbook(
    path: Path, count: int, need: float = 1.0, seed: int = 1, order: int | None = None
) -> Path:
    """A workbook of `count` recipients whose three-guarantee needs are `need` times the example's.

    `order` seeds a shuffle of its rows and columns.
    """
    rows, header = recipients(count, need, seed)
    if order is not None:
        random.Random(order).shuffle(rows)
        random.Random(order).shuffle(header)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("资金总额")
        _rows(
            sheet,
            ["资金", "本年总额", "上年总额"],
            [[name, *(round(p * count / 45) for p in pools)] for name, pools in POOLS.items()],
        )
        sheet = book.add_worksheet("县区数据")
        _rows(sheet, header, [[row[name] for name in header] for row in rows])
    return path


def recipients(count: int, need: float, seed: int) -> tuple[list[dict[str, object]], list[str]]:
    """Rows and header of 「县区数据」; every eight counties or so of a copy share a prefecture of the copy."""
    with DATA.open(encoding="utf-8", newline="") as stream:
        raw = [
            {key.split("(")[0].split("（")[0]: cell for key, cell in row.items()}
            for row in csv.DictReader(stream)
        ]
    draw = random.Random(seed)
    found: list[dict[str, object]] = []
    for k in range(count):
        source, copy = raw[k % len(raw)], k // len(raw)
        size = 1.0 + draw.uniform(-NOISE, NOISE)
        row: dict[str, object] = {}
        for name, cell in source.items():
            if name in TEXTS or not cell:
                row[name] = cell or None
            else:
                factor = (
                    size * (1.0 + draw.uniform(-NOISE, NOISE) / 3) * (need if name in NEED else 1.0)
                )
                row[name] = round(float(cell) * factor, 2)
        row["行政区划代码"] = str(100000 + k)
        row["县区名称"] = f"{source['县区名称']}{copy}"
        row["市州"] = f"{source['市州']}{copy}"
        found.append(row)
    return found, list(raw[0])


def _rows(
    sheet: xlsxwriter.worksheet.Worksheet, header: list[str], rows: list[list[object]]
) -> None:
    sheet.write_row(0, 0, [LABEL])
    sheet.write_row(1, 0, ["单位：万元"])
    sheet.write_row(2, 0, header)
    for k, row in enumerate(rows):
        sheet.write_row(k + 3, 0, row)


if __name__ == "__main__":
    workbook(Path(sys.argv[2]), int(sys.argv[1]), *(float(text) for text in sys.argv[3:4]))
