"""The tables of a sweep on disk: a workbook for reading, CSV or Parquet for further work."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from transfer_opt.core.atomic_write import save_together
from transfer_opt.core.errors import OutputError
from transfer_opt.core.tables import Report, Table
from transfer_opt.intake.prepare import Prepared
from transfer_opt.report.parts import budget_label
from transfer_opt.report.sweep import county_table, plan_table, scenario_table
from transfer_opt.scenarios.sweep.plan import Plan
from transfer_opt.scenarios.sweep.point import Record
from transfer_opt.workbook.output.styles import TEXT_KINDS
from transfer_opt.workbook.save import write_report


def county_path(target: Path) -> Path:
    """Where the table by county goes when a file holds one table only: 扫描.csv → 扫描_各县.csv."""
    return target.with_name(f"{target.stem}_各县{target.suffix}")


def write(
    prepared: Prepared, plan: Plan, records: Sequence[Record], target: Path
) -> tuple[Path, ...]:
    """Write the tables, without any time stamp; raises OutputError."""
    return WRITERS[target.suffix.lower()](prepared, plan, records, target)


def _workbook(
    prepared: Prepared, plan: Plan, records: Sequence[Record], target: Path
) -> tuple[Path, ...]:
    """One workbook: by county, by scenario, what was varied."""
    tables = (
        county_table(prepared, plan, records),
        scenario_table(prepared, plan, records),
        plan_table(prepared, plan),
    )
    code = plan.digest(prepared)
    write_report(
        Report(
            tables,
            (),
            prepared.scenario,
            f"{code[:6]}…{code[-4:]}",
            budget_label(prepared.budget),
            "",
            {"title": "多情形测算", "comments": f"校验码 {code}"},
        ),
        target,
    )
    return (target,)


def _csv(
    prepared: Prepared, plan: Plan, records: Sequence[Record], target: Path
) -> tuple[Path, ...]:
    """Two files of UTF-8 with the mark by which Excel knows it."""

    def produce(table: Table, temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([column.name for column in table.columns])
            writer.writerows([_plain(value) for value in row.values] for row in table.rows)

    return _saved(_two(prepared, plan, records, target), produce)


def _parquet(
    prepared: Prepared, plan: Plan, records: Sequence[Record], target: Path
) -> tuple[Path, ...]:
    """Two files of columns with their types."""
    arrow, parquet = parquet_library()

    def produce(table: Table, temporary: Path) -> None:
        columns = {
            column.name: arrow.array(
                [row.values[at] for row in table.rows],
                arrow.string() if column.kind in TEXT_KINDS else arrow.float64(),
            )
            for at, column in enumerate(table.columns)
        }
        parquet.write_table(arrow.table(columns), temporary)

    return _saved(_two(prepared, plan, records, target), produce)


def _saved(
    tables: Sequence[tuple[Path, Table]], produce: Callable[[Table, Path], None]
) -> tuple[Path, ...]:
    """The files, none of them put in place before all are finished."""
    save_together(*((path, partial(produce, table)) for path, table in tables))
    return tuple(path for path, _ in tables)


def parquet_library() -> tuple[Any, Any]:
    """pyarrow and its Parquet part; raises OutputError where it is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise OutputError(
            "没有安装 pyarrow，写不了 .parquet。处理办法：安装 transfer-opt 的 parquet 附加组件（pyarrow），"
            "或把输出改为 .csv、.xlsx。"
        ) from error
    return pyarrow, parquet


WRITERS = {".xlsx": _workbook, ".csv": _csv, ".parquet": _parquet}
"""Ending of the file → how it is written."""


def _two(
    prepared: Prepared, plan: Plan, records: Sequence[Record], target: Path
) -> tuple[tuple[Path, Table], ...]:
    return (
        (target, scenario_table(prepared, plan, records, counties=True)),
        (county_path(target), county_table(prepared, plan, records)),
    )


def _plain(value: Any) -> Any:
    """A value as CSV holds it: whole numbers without a point; a text that a spreadsheet would run gets an apostrophe."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
