"""Every name that the workbooks, the model file and the program share, bound once."""

from __future__ import annotations

# ------------------------------------------------------------ sheets an official fills in
COUNTIES = "县区数据"
POOLS = "资金总额"
RULES = "约束参数"
SCENARIOS = "方案"
BOUNDS = "县区上下限"
WEIGHTS = "因素权重"
OUTLOOK = "年度展望"
SERVICES = "共担事项"
BENEFICIARIES = "受益人数"
THRESHOLDS = "预警阈值"
INDICATORS = "历年指标"

OUTLOOK_ITEMS = (
    "本年总额",
    "标准财政支出",
    "标准财政收入",
    "可用财力",
    "保基本民生需求",
    "保工资需求",
    "保运转需求",
    "常住人口",
)
"""What 「年度展望」 looks ahead at."""
SECTIONS = "断面"
SUCCESSION = "区划调整"

# ------------------------------------------------------------ sheets of a result
ALLOCATION = "分配结果"
STEPS = "测算说明"
COMPLIANCE = "约束审计"
COVERAGE_CHART = "保障水平对比"
SENSITIVITY = "敏感性"
COUNTY_SENSITIVITY = "敏感性分县"
FUND_COMPARISON = "分资金对比"
PARAMETERS = "方案参数"
INPUT = "输入数据"
NOTICE = "县区说明单"
CHART_DATA = "图表数据"
FACTS = "审计信息"
PROOF = "证明"
ADJUSTED = "人工调整"
CHECKED = "批准后核验"
APPROVED_ALLOCATION = "批准后分配表"
SCENARIO_COMPARISON = "方案比较"
SPLIT = "省级统筹"
SPLIT_PROOF = "统筹证明"
YEARS = "年度指标"
PATH = "年度路径"
TOGETHER = "多年统筹"
YEAR_COMPARISON = "多年比较"
YEAR_PROOFS = "年度证明"
PROJECTED = "多年测算"
"""In 「审计信息」: which years were worked out, and whether together as well."""
RESPONSIBILITY = "支出责任"
SHIFT = "分担变化"
FLOWS = "横向补偿"
AGREEMENTS = "断面协议"
"""「断面」 as read: under a name of its own, so that a result fits into a copy of its budget."""
MOVED = "上年数划转"
SUCCESSION_READ = "区划调整表"
"""「区划调整」 as read, under a name of its own for the same reason."""
AS_TYPED = "原填·"
"""In 「输入数据」: before the name of a column whose figures were moved, what was filled in."""
CONTRIBUTION, PROVINCES_PART = "流域出资", "省级出资"
"""What counties and the province put into a basin's fund."""
NET_FLOW = "断面补偿净额"
"""In 「输入数据」: by how much 可用财力 is moved."""

# ------------------------------------------------------------ sheets of a monitor workbook
WARNED = "预警名单"
WARNED_BY_YEAR = "各年等级"
MEASURED_BY_YEAR = "各年指标"
INDEX = "协调指数"

# ------------------------------------------------------------ sheets of a mapping to the executing system
THEIR_COLUMNS = "列对照"
THEIR_FUNDS = "资金对照"
THEIR_SETTINGS = "导出设置"
ADVANCE = "提前下达"
THIS_TIME = "本次下达"

# ------------------------------------------------------------ columns
CODE = "行政区划代码"
NAME = "县区名称"
PREFECTURE = "市州"
SUBTOTAL = "小计"
TOTAL = "合计"
TIER = "档次"
OTHER_NEED = "其他保基本民生需求"
APPROVED = "批准数"
WARNING_LEVEL = "预警等级"
FUND = "〈资金〉"
"""In the name of a column: the fund it speaks of."""

# ------------------------------------------------------------ rules and choices
NEED_RULE = "三保兜底"
POOL_RULE = POOLS
POOL_AMOUNT = "本年总额"
RESERVED = "预留比例"
PROVINCE_SHARE = "其中省级"
PROVINCE_SIDES = ("省级下限", "省级上限")
"""Columns of 「资金总额」: what of a pool is the province's own, and how far that may be moved between funds."""
GIVEN_RULE = BOUNDS
GIVEN_TOTAL_RULE = "合计上下限"
BOUND_SIDES = ("下限", "上限")
"""Of a bound: columns of 「县区上下限」, and the parameters of the two rules that stand in their place."""
ASSESSMENT_RULE = "考核奖惩"
FLOOR_RULE = "上年保底"
CAP_RULE = "增幅上限"
FACTOR_RULE = "因素法"
ELIGIBILITY_RULE = "资格"
SHARED_RULE = "共担测算"
FLOW_RULE = "横向补偿"
REFERENCE_STEP = "因素法测算额"
ROUNDING_STEP = "取整"
BASELINE = "基准方案"
ONE_OFF = "其中一次性"
"""Ends the name of a column of what was paid once only last year."""
SIGNATURE = ("编制人", "日期", "一句话")
"""In the place of a rule: who made a scenario, when, and what it is for."""
YES, NO = "是", "否"
HARD, SOFT = "硬", "软"
EXAMPLE = "示例数据"
EXAMPLE_LABEL = f"{EXAMPLE}，不代表任何实际分配"

DEFAULT_MODEL = "qinghai"
"""The shipped model that is used where none is named, and the pattern of what the program decides in every other."""
