"""Makes inputs/qinghai.xlsx from inputs/data/qinghai_example.csv: python inputs/make_example.py."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from transfer_opt.sheets import Value
from transfer_opt.workbook.headers import split_unit
from transfer_opt.workbook.template import FundLine, ParameterRow, ScenarioRow, TemplateLayout, write_template

FOLDER = Path(__file__).parent
YEAR = 2026
LABEL = "示例数据，不代表任何实际分配"
EQUALIZATION, GUARANTEE, ECOLOGY = "均衡性转移支付", "县级基本财力保障机制奖补资金", "重点生态功能区转移支付"
TEXT_COLUMNS = {"行政区划代码", "县区名称", "市州", "功能区类型", "生态考核结果", "困难地区类型"}

FUNDS = (
    FundLine(EQUALIZATION, 1998000, 1850000, "1100202", "", "示例数；科目编码待核实"),
    FundLine(GUARANTEE, 438000, 402000, "1100207", "", "示例数"),
    FundLine(ECOLOGY, 384500, 356000, "1100226", "", "示例数"),
)

M21 = "《若干措施》第二十一条"
M18 = "《若干措施》第十八条"


def _each(rule: str, parameter: str, values: tuple[float, float, float], **more: Any) -> list[ParameterRow]:
    """One row per fund."""
    funds = (EQUALIZATION, GUARANTEE, ECOLOGY)
    return [
        ParameterRow(rule, fund, parameter, value=value, **more)
        for fund, value in zip(funds, values, strict=True)
    ]


HARD: dict[str, Any] = {"enabled": "是", "hardness": "硬"}
PARAMETERS = (
    ParameterRow("资金总额", "", "预留比例", value=0, percent=True, clause="《预算法》；" + M21, **HARD,
                 note="先从本年总额中按此比例预留，其余全部分配到县区，一分不多、一分不少。"),
    *_each("上年保底", "降幅上限", (0, 0.10, 0), percent=True, clause=M21, **HARD,
           note="分配数比上年最多减少这个比例；0表示不低于上年。"),
    ParameterRow("考核奖惩", ECOLOGY, "扣减比例", value=0.05, percent=True, clause=M21 + "；参照财预〔2022〕59号",
                 **HARD, note="生态考核变差的县区，按此比例扣减重点生态功能区转移支付。"),
    ParameterRow("考核奖惩", ECOLOGY, "奖励比例", value=0, percent=True, clause=M21 + "；参照财预〔2022〕59号",
                 **HARD, note="生态考核变好的县区，按此比例奖励；0表示不奖励。"),
    ParameterRow("已下达不收回", clause="《预算法》", **HARD,
                 note="分配数不低于已提前下达数；县区数据表没有“提前下达…”列时不起作用。"),
    ParameterRow("增幅上限", EQUALIZATION, "增幅上限", value=0.15, percent=True,
                 clause="参照财预〔2022〕58号增幅控制", **HARD, note="分配数比上年最多增长这个比例。"),
    ParameterRow("增幅上限", GUARANTEE, "增幅上限", value=0.30, percent=True,
                 enabled="是", hardness="软", priority=2, clause="参照财预〔2022〕58号增幅控制",
                 note="分配数比上年尽量不超过这个增幅；为保“三保”可以突破。"),
    ParameterRow("增幅上限", ECOLOGY, "增幅上限", value=0.20, percent=True,
                 clause="参照财预〔2022〕58号增幅控制", **HARD, note="分配数比上年最多增长这个比例。"),
    ParameterRow("三保兜底", "", "保障倍数", value=1, enabled="是", hardness="软", priority=1, clause=M21,
                 note="可用财力加分配数，至少达到“三保”需求的这个倍数；达不到时列出缺口。"),
    *_each("三保兜底", "可统筹比例", (1, 1, 1), percent=True, enabled="是", hardness="软", priority=1, clause=M21,
           note="该项资金中可以统筹用于“三保”的比例。"),
    ParameterRow("三保压力倾斜", GUARANTEE, "压力前比例", value=0.3, percent=True, clause=M21, **HARD,
                 note="“三保”需求与可用财力之比最高的这部分县区，列入倾斜范围。"),
    ParameterRow("三保压力倾斜", GUARANTEE, "薄弱比例", value=0.3, percent=True, clause=M21, **HARD,
                 note="可用财力与标准支出之比最低的这部分县区，也列入倾斜范围。"),
    ParameterRow("三保压力倾斜", GUARANTEE, "增幅差", value=0.03, percent=True, clause=M21, **HARD,
                 note="倾斜范围内合计增幅，比全省平均增幅至少高出这么多（百分点）。"),
    ParameterRow("财力薄弱倾斜", EQUALIZATION, "薄弱比例", value=0.3, percent=True, clause=M21, **HARD,
                 note="可用财力与标准支出之比最低的这部分县区，为财力薄弱地区。"),
    ParameterRow("财力薄弱倾斜", EQUALIZATION, "增幅差", value=0.01, percent=True, clause=M21, **HARD,
                 note="财力薄弱地区合计增幅，比全省平均增幅至少高出这么多（百分点）。"),
    ParameterRow("财力薄弱倾斜", EQUALIZATION, "组别", value="薄弱比例", clause=M21, **HARD,
                 note="财力薄弱地区怎样划定：“薄弱比例”，或写成“列名=值、值”。"),
    ParameterRow("困难地区倾斜", "", "人均倍数", value=1.05, clause=M18, **HARD,
                 note="困难地区人均分配数，至少为全省人均的这个倍数，且不低于上年倍数。"),
    ParameterRow("困难地区倾斜", "", "人口口径", value="常住人口", clause=M18, **HARD,
                 note="按“常住人口”还是“户籍人口”计算人均。"),
    ParameterRow("生态稳定增长", ECOLOGY, "增长率", value=0.03, percent=True, clause=M21, **HARD,
                 note="国家级、省级重点生态功能区县比上年至少增长这个比例（不超过该项资金总额增幅）。"),
    ParameterRow("单县占比上限", "", "占比上限", value=0.10, percent=True, clause="省定", **HARD,
                 note="任一县区分得的数，不超过该项资金可分配总额的这个比例。"),
    ParameterRow("保障水平下限", "", "下限比例", value=0.80, percent=True, enabled="否", hardness="硬", clause=M18,
                 note="县区分配后保障水平，不低于同组平均水平的这个比例。"),
    ParameterRow("保障水平下限", "", "分组列", value="全省", enabled="否", hardness="硬", clause=M18,
                 note="“全省”表示全部县区为一组；也可填县区数据表中的列名。"),
    ParameterRow("位次不逆转", "", "容差", value=0.05, percent=True, enabled="否", hardness="硬",
                 clause="省定，参照第二十一条",
                 note="分配前保障水平低的县区，分配后最多高出原来比它高的县区这么多。"),
    ParameterRow("位次不逆转", "", "分组列", value="功能区类型", enabled="否", hardness="硬",
                 clause="省定，参照第二十一条", note="只在该列内容相同的县区之间比较位次。"),
    ParameterRow("市州占比", "", "下限", enabled="否", hardness="硬", clause="省定，参照第二十一条",
                 note="对象填市州名称，取值为该市州占资金可分配总额的最低比例。"),
    ParameterRow("市州占比", "", "上限", enabled="否", hardness="硬", clause="省定，参照第二十一条",
                 note="对象填市州名称，取值为该市州占资金可分配总额的最高比例。"),
    ParameterRow("县区上下限", clause="用户填写的理由", **HARD,
                 note="按「县区上下限」表逐行执行；没有该表时不起作用。"),
    ParameterRow("因素法", "", "参考", value="因素", enabled="是",
                 note="“因素”按因素法公式测算；“缺口”按需求列与财力列之差测算。"),
    ParameterRow("资格", EQUALIZATION, "仅缺口为正", value="是", enabled="是",
                 note="标准收支没有缺口的县区不享受。"),
    ParameterRow("资格", ECOLOGY, "仅功能区", value="是", enabled="是",
                 note="只有填了功能区类型的县区享受；填“含禁止开发”则有禁止开发区面积的也享受。"),
    ParameterRow("保障水平最大化", "", "需求列", value="标准财政支出", note="保障水平最大化目标中作为需求的列。"),
    ParameterRow("保障水平最大化", "", "财力列", value="可用财力", note="保障水平最大化目标中作为财力的列。"),
    ParameterRow("保障水平最大化", "", "分母列", value="标准财政支出", note="保障水平最大化目标中作为分母的列。"),
    ParameterRow("取整", "", "单位", value="1万元", enabled="是",
                 note="分配结果取整到的单位：1元、1万元或0.01万元。"),
    ParameterRow("目标", "", "顺序", value="三保缺口最小>贴近因素法",
                 note="按先后排列的优化目标，前一个达到最好之后再看后一个。"),
)

ZONES = "功能区类型=国家重点生态功能区、省级重点生态功能区"
SCENARIO_ROWS = (
    ScenarioRow("目标", "", "顺序", values={
        "均衡优先": "三保缺口最小>保障水平最大化>贴近因素法",
        "稳定优先": "三保缺口最小>较上年波动最小>贴近因素法"}),
    ScenarioRow("生态稳定增长", ECOLOGY, "增长率", values={"生态优先": 0.06}, percent=True),
    ScenarioRow("财力薄弱倾斜", EQUALIZATION, "组别", values={"生态优先": ZONES}),
)


def example_counties() -> tuple[dict[str, Value], ...]:
    """The rows of the CSV file under standard names, figures as numbers, empty cells as None."""
    with (FOLDER / "data" / "qinghai_example.csv").open(encoding="utf-8", newline="") as stream:
        rows = [{split_unit(header)[0]: cell for header, cell in row.items()} for row in csv.DictReader(stream)]
    return tuple({name: _value(name, cell) for name, cell in row.items()} for row in rows)


def _value(name: str, cell: str) -> Value:
    if not cell:
        return None
    return cell if name in TEXT_COLUMNS else float(cell)


def layout(counties: tuple[dict[str, Value], ...]) -> TemplateLayout:
    """The example's layout."""
    return TemplateLayout(
        YEAR, FUNDS, PARAMETERS, ("基准方案", "均衡优先", "稳定优先", "生态优先"), SCENARIO_ROWS, counties,
        LABEL, with_bounds=False,
    )


if __name__ == "__main__":
    write_template(FOLDER / "qinghai.xlsx", layout(example_counties()))
