"""The sheets of an input workbook that `monitor` reads: 「预警阈值」 and 「历年指标」."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transfer_opt.core.budget import Value
from transfer_opt.core.vocabulary import INDICATORS, THRESHOLDS
from transfer_opt.policy.warning_levels import GUARANTEE
from transfer_opt.workbook.input.columns import SHEETS, InputColumn
from transfer_opt.workbook.output.form import FormSheet
from transfer_opt.workbook.output.styles import Styles

_BLANK_INDICATORS = 20
_THRESHOLD_NOTES = (
    "注：本表只在 transfer-opt monitor 定等级时使用，不影响分配；程序不带任何线，都按文件填写，并在「依据」写明。"
    "一行里红、橙、黄和最差、最好都不填，就是不用这个指标。",
    "越大越好的，红小于橙、橙小于黄，比红线小就是红色；比例可写0.45，也可写45%。生态考核结果按变好1、基本稳定0、变差-1定线。",
    "最差、最好和权重只用来算协调指数，由部门对整个规划期定好；自己的指标写在「历年指标」里，名称要一致。",
)
_INDICATOR_NOTES = (
    "注：一个县一年一行，在右边加列，一个指标一列，表头写「预警阈值」里的名称；不知道的留空，列为资料不全，不要写0。"
    "全省的指标，县区名称写“全省”。已有结果工作簿的年份不必再填；不用就整张表不填。",
)


def write_thresholds(
    book: Any, styles: Styles, title: str, label: str, rows: Sequence[Mapping[str, Value]]
) -> None:
    """「预警阈值」; without a figure in a row its indicator is not used."""
    form = FormSheet(book, styles, THRESHOLDS, SHEETS[THRESHOLDS], title, label, "")
    for row in rows:
        form.write_row(row)
    form.finish(_THRESHOLD_NOTES, frozen_columns=1)


def write_indicators(book: Any, styles: Styles, label: str, unit: str) -> None:
    """「历年指标」, to be filled in."""
    own = InputColumn(GUARANTEE, "number", "可用财力加可统筹的转移支付，除以“三保”需求。", width=13)
    columns = (*SHEETS[INDICATORS], own)
    form = FormSheet(book, styles, INDICATORS, columns, "历年指标表", label, f"单位：{unit}")
    form.write_blank_rows(_BLANK_INDICATORS)
    form.finish(_INDICATOR_NOTES, frozen_columns=2)
