"""How long reading takes: the example, and a workbook of 35,000 rows and 30 columns, with and without formulas.

python benchmarks/reading.py [rows]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import python_calamine  # noqa: F401  loaded before the clock starts
import xlsxwriter

from transfer_opt.core.vocabulary import COUNTIES
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.workbook.files.scan import scan
from transfer_opt.workbook.input.columns import SHEETS
from transfer_opt.workbook.input.reader import read_workbook

EXAMPLE = Path(__file__).parent.parent / "inputs" / "qinghai.xlsx"
ROWS, COLUMNS, REPEATS = 35_000, 30, 2
TEXTS = {
    "行政区划代码",
    "县区名称",
    "市州",
    "功能区类型",
    "生态考核结果",
    "困难地区类型",
    "引导性补助名单",
}


def large(path: Path, rows: int, formulas: bool) -> Path:
    """A workbook of that many counties; 可用财力 may be formulas with saved results."""
    generator = random.Random(1)
    known = [column.name for column in SHEETS[COUNTIES] if "〈" not in column.name]
    columns = [*known, *(f"指标{i}" for i in range(COLUMNS - len(known)))]
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet(COUNTIES)
    sheet.write_row(0, 0, ["单位：万元"])
    sheet.write_row(1, 0, columns)
    for row in range(rows):
        texts = {
            "行政区划代码": f"{100_000 + row}",
            "县区名称": f"第{row}县",
            "市州": f"第{row // 10}州",
            "功能区类型": "禁止开发区",
        }
        for column, name in enumerate(columns):
            if name not in TEXTS:
                number = round(generator.uniform(1_000, 500_000), 2)
                if formulas and name == "可用财力":
                    sheet.write_formula(row + 2, column, f"=E{row + 3}*0.9", None, number)
                else:
                    sheet.write_number(row + 2, column, number)
            elif name in texts:
                sheet.write_string(row + 2, column, texts[name])
    book.close()
    return path


def tell(name: str, path: Path) -> None:
    """Looking over, and reading with it, the best of some; wall clock and processor."""
    aliases = load_model().aliases
    content = path.read_bytes()
    best: dict[str, tuple[float, float]] = {}
    for _ in range(REPEATS):
        for what, action in (
            ("预扫", lambda: scan(content)),
            ("读入", lambda: read_workbook(path, aliases)),
        ):
            wall, processor = time.perf_counter(), time.process_time()
            action()
            taken = time.perf_counter() - wall, time.process_time() - processor
            best[what] = min(best.get(what, taken), taken)
    said = "，".join(
        f"{what} {wall:.3f} 秒（处理器 {processor:.3f} 秒）"
        for what, (wall, processor) in best.items()
    )
    print(f"{name}：{said}")


def main() -> None:
    """Print one line a workbook."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    tell("示例 45 行", EXAMPLE)
    with tempfile.TemporaryDirectory() as folder:
        for name, formulas in (("数字", False), ("一列公式", True)):
            tell(
                f"{rows:,} 行 × {COLUMNS} 列，{name}",
                large(Path(folder) / f"{name}.xlsx", rows, formulas),
            )


if __name__ == "__main__":
    main()
