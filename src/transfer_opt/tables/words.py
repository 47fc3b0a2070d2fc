"""The words of anybody's table: how total rows are called, what headers promise, which columns nobody adds up.

grand   合计 · 全省 · Grand total     adds up the whole table
middle  市县合计                      the whole table but what stands above the counties
group   甲州小计                      a part of the rows
own     省本级                        counts as a row, of the level above it
within  其中：                        is part of another row and adds up nothing
"""

from __future__ import annotations

import re
from typing import Literal

from transfer_opt.core.text import normalise

RowKind = Literal["unit", "own", "within", "group", "middle", "grand"]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_TOTAL = r"(?:合计|小计|总计|共计|总和|合計|小計|總計|共計|總和)"
_WHOLE = r"(?:合计|总计|共计|总和|合計|總計|共計|總和|总数|总额)"
_OF_ALL = r"(?:全省|全国|全國|地方|各地|各省|各市州|全区|全市|全州|全县|总|本表)"
_GRAND = _words(
    rf"{_OF_ALL}?{_WHOLE}数?|全省|全国|全國|[^州市县区]{{2,3}}省{_TOTAL}|(?:grand)?totals?|totalsum"
)
_MIDDLE = _words(rf"(?:市县|县市|州县|市州|县区|县级|市级|各?州市|各县|县市区){_TOTAL}数?")
_GROUP = _words(rf".*{_TOTAL}数?|.*totals?")
_OWN = _words(r".*本级(?:及其他|小计|合计)?|.*[省州市]级|.*[省州市]直")
_OWN_OF_PROVINCE = _words(r"(?:中央|国家|省|自治区|兵团|[^州市县区]{2,3}省)(?:本级|级|直).*")
_WITHIN = _words(r"其中|ofwhich")
PROVINCE = re.compile(r"[^州市县区]{2,3}省")
"""A province above its counties is their total; among other provinces it is one of them."""
PREFECTURE = re.compile(r".+(?:州|地区|盟|市)")
"""What may stand above its counties as their subtotal."""

NUMBERING = re.compile(r"\(?[甲乙丙丁戊己庚辛]\)?|[栏列行]次|[A-Z]|\(?\d{1,3}\)?(?:=.*)?|[①-⑳]")
"""A cell of the row that numbers the columns."""
NUMBERING_STARTS = frozenset({"栏次", "列次", "行次", "甲", "A"})
_PLACEHOLDER = _words(r"[-/\\—–―…·*×]+|无|空|不适用|n/?a")
_NAMES = _words(
    r".*名称|县|州|地区|县区|县市|市县|市州|县\(.*|(?:预算|主管|用款|受援|填报)?单位|项目|资金|科目|区域|省份|省市|部门|地市"
    r"|name|region|county|item"
)

_IDENTIFIER = _words(
    r".*(?:代码|编码|编号|序号|行次|栏次|排序|邮编|邮政编码|电话|手机号?|账号|文号|证号|日期|时间|年份|月份|优先级)"
    r"|年度|年|月|no\.?|id|code"
)
_RATED = re.compile(r"人均|户均|亩均|平均|均值|单价|影子价格|占比|每人|每户")
_RATE = _words(
    r".*(?:比例|比重|权重|份额|系数|得分|分值|评分|分数|价格|标准|幅|幅度|增长|增速|率|指数|位次|排名|名次|倍|倍数|水平|百分比|%"
    r"|average|rate|ratio|price|score|weight|share|growth)"
)
_NO_MONEY = re.compile(
    r".*(?:人均|户均|村均|亩均|生均|县均|每人|每户|percapita|perhead).*"
    r"|.*(?:比例|比重|占比|份额|百分比|百分点|率|%|权重|系数|得分|分值|评分|分数|积分|指数|单价|价格|标准|水平"
    r"|程度|(?<![年季额调])度|增幅|增速|增长|倍数?|位次|排名|名次|排序|等级|平均|均值|年限|面积|里程|长度|海拔|距离|人口|供养"
    r"|(?:人员?|户|个|件|次|台|套|村|学生|教师|床位)数)"
    r"|.*(?:ratio|weight|score|price|index|population|headcount|percentage|average|growthrate|taxrate)|rate|share|rank",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(r"占|比重|份额|增幅|增长|增速|人均")
_SUM = _words(rf"(?!.*(?:人均|平均)).*(?:{_TOTAL}|总额|总数|总量|全年|total)(?:数|额|金额)?")
_DIFFERENCE = _words(
    r".*(?:增减[额数]?|增加[额数]|减少[额数]|变动[额数]?|[较比](?:上年|去年|年初|上期)(?:增减|增加|变动)?[额数]?|差额|差异|缺口|结余|结转|净增)"
)
_OPENING = _words(r".*(?:[年期月季]初|(?:上年|上期|上月|以前年度)末?(?:结转|结余|余额)).*")
_CLOSING = _words(r".*[年期月季]末.*|.*(?:结余|余额)|结转下年.*")
_RISE = _words(r".*(?:增加|新增|收入|拨入|收到|调入|转入|借入|举借|发行)(?:[额数]|金额|合计)?")
_FALL = _words(r".*(?:减少|支出|付出|拨付|拨出|使用|调出|转出|偿还|归还|核销)(?:[额数]|金额|合计)?")
_GROWTH = _words(r".*(?:增幅|增长率|增速|增减幅度?|增长(?:比例)?|增减率|变动率|growth(?:rate)?)")
_SHARE = _words(r".*(?:占比|比重|份额|占.+比例|share)")
_PER_HEAD = _words(r".*人均.*|.*percapita.*")
_PEOPLE = _words(r".*(?:人口|人数|供养).*|population")
_QUOTIENT = _words(r".*(?:比例|率|进度|百分比)")

_REMARK = re.compile(r"[(\[【〔{][^()\[\]【】〔〕{}]*[)\]】〕}]")
_MARKS = str.maketrans("", "", "()[]【】〔〕:*、,.;-—")
_NUMBER_BEFORE = re.compile(r"^\(?(?:[一二三四五六七八九十]+|\d+)[)、.]+")


def row_kind(label: str) -> RowKind:
    """What a row's name says it is; remarks in brackets and numbers before it do not count."""
    text = _NUMBER_BEFORE.sub("", _bare(label)).translate(_MARKS)
    kinds: tuple[tuple[re.Pattern[str], RowKind], ...] = (
        (_OWN, "own"),
        (_GRAND, "grand"),
        (_MIDDLE, "middle"),
        (_GROUP, "group"),
    )
    if _WITHIN.match(text):
        return "within"
    return next((kind for pattern, kind in kinds if pattern.fullmatch(text)), "unit")


def is_of_province(label: str) -> bool:
    """Whether a 本级 row is of the whole province, so that no prefecture's subtotal takes it in."""
    return _OWN_OF_PROVINCE.fullmatch(_bare(label)) is not None


def stem(label: str) -> str:
    """What a total is of: 甲州小计 is of 甲州."""
    return re.sub(rf"(?:县级|市县)?{_TOTAL}数?$", "", _bare(label))


def is_placeholder(text: str) -> bool:
    """Whether a text stands for nothing: —, /, 无."""
    return _PLACEHOLDER.fullmatch(normalise(text)) is not None


def is_name_header(text: str) -> bool:
    """Whether a header announces names."""
    return _NAMES.fullmatch(normalise(text)) is not None


def is_identifier(header: str) -> bool:
    """Whether a column holds codes, numbers of rows, dates: figures that are no quantities."""
    return _IDENTIFIER.fullmatch(_bare(header)) is not None


def is_rate(lines: tuple[str, ...]) -> bool:
    """Whether no total adds up a column, as the lines of its header say, top to bottom."""
    return (
        any(_RATED.search(_bare(line)) for line in lines)
        or _RATE.fullmatch(stem(lines[-1])) is not None
    )


def is_no_money(header: str) -> bool:
    """Whether a column holds what is counted, measured or compared: totals may add it up, but nobody rounds it to money."""
    return _NO_MONEY.fullmatch(normalise(header)) is not None


def follows(header: str) -> bool:
    """Whether a header says that a column is worked out from amounts."""
    return _FOLLOWS.search(normalise(header)) is not None


def is_average(header: str) -> bool:
    """Whether the figure in a total row is the average of its rows."""
    return "平均" in _bare(header)


def is_running(header: str) -> bool:
    """Whether every row may take in those before it, so that the last one is the total."""
    return "累计" in _bare(header)


def is_part(lines: tuple[str, ...]) -> bool:
    """Whether the column is part of another one: 其中."""
    return any(_WITHIN.match(_bare(line)) for line in lines)


def is_sum(header: str) -> bool:
    """Whether a header says that the column adds up others."""
    return _SUM.fullmatch(_bare(header)) is not None


def is_difference(header: str) -> bool:
    """Whether a header says that the column takes one from another."""
    return _DIFFERENCE.fullmatch(_bare(header)) is not None


def is_opening(lines: tuple[str, ...]) -> bool:
    """Whether a header says that the column is what there was at the beginning: 年初余额, 上年结转."""
    return any(_OPENING.fullmatch(_bare(line)) for line in lines)


def is_closing(lines: tuple[str, ...]) -> bool:
    """Whether a header says that the column is what is left at the end: 年末余额, 结余."""
    return not is_opening(lines) and any(_CLOSING.fullmatch(_bare(line)) for line in lines)


def is_rise(lines: tuple[str, ...]) -> bool:
    """Whether a header says that the column is what came in meanwhile: 本年增加, 收入."""
    return any(_RISE.fullmatch(_bare(line)) for line in lines)


def is_fall(lines: tuple[str, ...]) -> bool:
    """Whether a header says that the column is what went out meanwhile: 本年减少, 支出."""
    return any(_FALL.fullmatch(_bare(line)) for line in lines)


def is_growth(header: str) -> bool:
    """Whether a header says that the column compares two others as a rate."""
    return _GROWTH.fullmatch(_bare(header)) is not None


def is_share(header: str) -> bool:
    """Whether a header says that the column is a share of the total."""
    return _SHARE.fullmatch(_bare(header)) is not None


def is_per_head(header: str) -> bool:
    """Whether a header says that the column is an amount by people."""
    return _PER_HEAD.fullmatch(_bare(header)) is not None


def counts_people(header: str) -> bool:
    """Whether a column holds people."""
    return _PEOPLE.fullmatch(_bare(header)) is not None


def is_quotient(header: str) -> bool:
    """Whether a header says that one column is divided by another: 执行率."""
    return _QUOTIENT.fullmatch(_bare(header)) is not None


def _bare(text: str) -> str:
    """The text without blanks and without what stands in brackets, unless that is all."""
    whole = normalise(text)
    return _REMARK.sub("", whole).strip("*:") or whole
