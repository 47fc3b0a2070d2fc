"""The shape of a model file: its tables, their keys, and what each key holds, as pydantic models.

The JSON Schema for editors is written from them (`schema.py`); what pydantic refuses is told in the officials' words.
Importing pydantic takes longer than reading a budget, so nobody imports this module for the shipped model (`loading.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model

from transfer_opt.core.suggestions import closest, did_you_mean
from transfer_opt.core.text import normalise
from transfer_opt.policy.factors import FACTORS
from transfer_opt.policy.model_file.positions import Path
from transfer_opt.policy.model_file.source import (
    Finding,
    Source,
    listed,
    place,
    quoted,
    shown,
    value_at,
)
from transfer_opt.policy.objectives import OBJECTIVES


@dataclass(frozen=True)
class Kind:
    """What a key holds, in words, and an example of it."""

    said: str
    example: str


def _is_name(text: str) -> str:
    if not text or normalise(text) != text:
        raise ValueError
    return text


Text = Annotated[str, Kind("加引号的文字", '"…"')]
Name = Annotated[
    str,
    AfterValidator(_is_name),
    Field(json_schema_extra={"pattern": "^[^\\s（）]+$"}),
    Kind("加引号的名称，里面没有空格和全角括号", '"…"'),
]
Number = Annotated[float, Field(ge=-1e12, le=1e12), Kind("绝对值不超过 1 万亿的数字", "0.0")]
Weight = Annotated[float, Field(ge=0, le=1e6), Kind("0 至 1000000 的数字", "1.0")]
Whole = Annotated[int, Field(ge=1, le=9999), Kind("1 至 9999 的整数", "1")]
Flag = Annotated[bool, Kind("true 或 false", "true")]
Texts = Annotated[list[str], Kind("方括号里的几段文字", '["…"]')]
Objectives = Annotated[
    list[str],
    Field(min_length=1, json_schema_extra={"items": {"type": "string", "enum": [*OBJECTIVES]}}),
    Kind("方括号里的几个目标，至少一个", '["…"]'),
]
Words = Annotated[dict[str, Text], Kind("一个表，里面是「名称 = 文字」", '{ "…" = "…" }')]
Weights = Annotated[
    dict[str, Weight], Kind("花括号里的「名称 = 0 至 1000000 的数字」", '{ "…" = 1.0 }')
]
Switch = Annotated[
    bool | dict[str, bool], Kind("true、false，或花括号里的「资金 = true 或 false」", "true")
]
Setting = Annotated[float | str, Kind("数字或文字", "0.0")]
Default = Annotated[
    float | str | dict[str, float | str], Kind("一个取值，或花括号里的「资金 = 取值」", "0.0")
]

TABLE = Kind("一个表", "{ }")
TABLES = Kind("几个表", "[ ]")
SOME_TABLES = Kind("至少一段，如 [[funds]]、[[funds.factors]]", "[{ … }]")
ABSENT: Any = None
"""The default of a key that may be left out; `records.py` says what then holds."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Clause(_Part):
    """一条依据。"""

    document: Text = Field(description="文件名称和文号")
    number: Text = Field(description="第几条")
    date: Text = Field(description="日期，如 2022-01-13；没有的写空引号")
    grade: Text = Field(
        description="原文没有核对过的写「待核实」，示例数据写「示例」，其余写空引号"
    )
    cited: Text = Field(ABSENT, description="结果里怎样称呼这一条，不写就用方括号里的名称")


class Term(_Part):
    """一类资金的下达时限。"""

    days: Whole = Field(description="收到上级文件后多少天内下达")
    clause: Text = Field(description="依据：[clauses] 里的一条")


class Factor(_Part):
    """测算一项资金的一个因素。"""

    function: Text = Field(
        description="测算办法，公式见 EQUATIONS.md", json_schema_extra={"enum": [*FACTORS]}
    )
    title: Text = Field(description="表里显示的名称")
    weight: Weight = Field(description="权重")
    clause: Text = Field(description="依据：[clauses] 里的一条")
    parameters: Annotated[dict[str, Any], TABLE] = Field(ABSENT, description="测算办法的参数")


class Fund(_Part):
    """一项资金。"""

    name: Name = Field(description="全称，工作簿里照写")
    short: Name = Field(description="简称")
    clause: Text = Field(description="依据：[clauses] 里的一条")
    factors: Annotated[list[Factor], Field(min_length=1), SOME_TABLES] = Field(
        description="测算这项资金的因素，按权重加总"
    )
    kind: Text = Field(ABSENT, description="资金类别：[terms] 里的一类")
    account: Text = Field(ABSENT, description="预算科目")
    contributed: Flag = Field(
        ABSENT, description="true：由各县和省共同出资，各县的填「流域出资」，省的填「省级出资」"
    )


class Parameter(_Part):
    """规则的一个参数。"""

    summary: Text = Field(description="一句话说明")
    kind: Text = Field(
        ABSENT,
        description="哪种取值；由程序决定，照抄",
        json_schema_extra={
            "enum": ["share", "ratio", "money", "choice", "column", "group", "unit", "objectives"]
        },
    )
    by: Text = Field(
        ABSENT,
        description="一个取值管到哪里；由程序决定，照抄",
        json_schema_extra={"enum": ["line", "fund", "recipient", "prefecture", "model"]},
    )
    default: Default = Field(ABSENT, description="默认取值：一个，或按资金各一个")
    minimum: Number = Field(ABSENT, description="最小可以是多少，不写是 0")
    maximum: Number = Field(ABSENT, description="最大可以是多少，不写是不限")
    step: Number = Field(
        ABSENT, description="「敏感性」里放宽一小步是多少，正负表示朝哪个方向是放宽；不写就不试"
    )
    choices: Texts = Field(ABSENT, description="可以选的取值")


class Rule(_Part):
    """一条规则。"""

    clause: Texts = Field(description="依据：[clauses] 里的一条或几条")
    by: Text = Field(
        description="适用到什么：line 单笔、fund 资金、recipient 县区、prefecture 市州、model 全省；由程序决定，照抄",
        json_schema_extra={"enum": ["line", "fund", "recipient", "prefecture", "model"]},
    )
    summary: Text = Field(description="一句话说明")
    fixed: Flag = Field(ABSENT, description="总是启用；由程序决定，照抄")
    on: Switch = Field(ABSENT, description="是否启用：一个，或按资金各一个；没有提到的资金不启用")
    hard: Switch = Field(ABSENT, description="true 是硬，false 是软；按资金写的，每项资金都要写")
    priority: Whole = Field(ABSENT, description="软规则的优先级，1 最先")
    parameters: Annotated[dict[str, Parameter], TABLE] = Field(
        ABSENT, description="参数名由程序决定，照抄"
    )


class Change(_Part):
    """方案里的一处改变。"""

    rule: Text = Field(description="规则")
    parameter: Text = Field(description="参数")
    value: Setting = Field(description="取值")
    fund: Text = Field(ABSENT, description="资金的全称或简称；不写是全部")
    object: Text = Field(ABSENT, description="对象，如市州")


class Scenario(_Part):
    """一个方案：只写与基准不同的地方。"""

    name: Text = Field(description="方案名称")
    changes: Annotated[list[Change], TABLES] = Field(ABSENT, description="改变哪些参数")


class ModelFile(_Part):
    """转移支付分配模型文件。"""

    title: Text = Field(description="模型名称")
    version: Text = Field(description="版本，加引号")
    objective: Objectives = Field(description="依次追求的目标")
    clauses: Annotated[dict[str, Clause], TABLE] = Field(description="依据的条款：名称 → 出处")
    funds: Annotated[list[Fund], Field(min_length=1), SOME_TABLES] = Field(
        description="有哪些资金，怎样测算"
    )
    rules: Annotated[dict[str, Rule], TABLE] = Field(
        description="每条规则的依据、启用、刚性和参数；不用的写 on = false"
    )
    aliases: Words = Field(ABSENT, description="表头别名 → 标准列名")
    values: Annotated[dict[str, Words], TABLE] = Field(
        ABSENT, description="列名 → 表中常见写法 → 标准取值"
    )
    former: Words = Field(ABSENT, description="县区改过的名称和代码 → 现在的")
    divisions: Annotated[dict[str, Words], TABLE] = Field(
        ABSENT, description="市州 → 行政区划代码 → 县区全称"
    )
    terms: Annotated[dict[str, Term], TABLE] = Field(ABSENT, description="资金类别 → 下达时限")
    scenarios: Annotated[list[Scenario], TABLES] = Field(ABSENT, description="方案")


_ARGUMENTS = {"float": Number, "str": Text, "Sequence[str]": Texts, "Mapping[str, float]": Weights}
"""The annotation of a factor's argument → what the model file must give for it."""


def _arguments(name: str) -> type[BaseModel]:
    """The parameters a factor of the catalogue asks for."""
    asked = inspect.signature(FACTORS[name].function).parameters.values()
    fields: dict[str, Any] = {
        each.name: (_ARGUMENTS[each.annotation], ...)
        for each in asked
        if each.kind is each.KEYWORD_ONLY
    }
    return create_model(name, __base__=_Part, **fields)


FACTOR_PARAMETERS: Mapping[str, type[BaseModel]] = {name: _arguments(name) for name in FACTORS}


def shape_findings(source: Source) -> Iterator[Finding]:
    """Every key that is missing, unknown or holds the wrong kind of thing."""
    yield from _misfits(source, ModelFile, source.table, ())
    for fund_at, fund in listed(source.table, "funds"):
        for at, factor in listed(fund, "factors", fund_at):
            function, given = factor.get("function"), factor.get("parameters", {})
            if isinstance(function, str) and function in FACTORS and isinstance(given, dict):
                yield from _misfits(source, FACTOR_PARAMETERS[function], given, (*at, "parameters"))


def _misfits(source: Source, model: type[BaseModel], value: Any, at: Path) -> Iterator[Finding]:
    """What pydantic refuses of the table at a path."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        strange = [each["loc"] for each in errors if each["type"] == "extra_forbidden"]
        for each in errors:
            *outer, key = each["loc"]
            inside = tuple(outer)
            if each["type"] == "extra_forbidden":
                yield source.of_key(
                    (*at, *inside, key), "不认识", did_you_mean(str(key), _fields(model, inside))
                )
            elif each["type"] == "missing":
                yield from _missing(source, model, at, each["loc"], strange)
            else:
                yield _wrong_kind(source, model, at, each["loc"])


def _missing(
    source: Source, model: type[BaseModel], at: Path, path: Path, strange: Sequence[Path]
) -> Iterator[Finding]:
    """A key that is not there, unless one that is there was meant for it."""
    *outer, key = path
    inside = tuple(outer)
    fields = _fields(model, inside)
    if key not in {
        closest(str(word), fields) for *table, word in strange if tuple(table) == inside
    }:
        table, kind = (*at, *inside), fields[str(key)]
        where = f"在 {place(source.table, table)} 里" if table else "在文件开头"
        yield source.finding(
            table,
            f"里缺少「{key}」",
            f"{where}加上 {key} = {kind.example}（{kind.said}）。",
            inside=table,
        )


def _wrong_kind(source: Source, model: type[BaseModel], at: Path, path: Path) -> Finding:
    """The innermost thing of which we can say what it should be."""
    depth, annotation, kind = next(
        step for step in reversed(list(_steps(model, path))) if step[2] or _is_part(step[1])
    )
    where = (*at, *path[:depth])
    value = shown(value_at(source.table, where))
    if kind:
        return source.of_key(
            where,
            f"写的是 {value}，应是{kind.said}",
            f"写成 {quoted(str(where[-1]))} = {kind.example} 这样。",
        )
    keys = "、".join(name for name, field in annotation.model_fields.items() if field.is_required())
    named = place(source.table, where)
    return source.finding(
        where,
        f"写的是 {value}，应是{TABLE.said}",
        f"写成 {named} 一行，下面各占一行写 {keys}。",
        inside=where,
    )


def _steps(model: type[BaseModel], path: Path) -> Iterator[tuple[int, Any, Kind | None]]:
    """What should stand at every step of a path, and its words where it has some, as far as the models say."""
    annotation: Any = model
    kind: Kind | None = None
    for depth, key in enumerate(path):
        yield depth, annotation, kind
        if _is_part(annotation) and key in annotation.model_fields:
            field = annotation.model_fields[key]
            annotation, kind = field.annotation, _kind(field.metadata)
        elif get_origin(annotation) in (dict, list):
            inner = get_args(annotation)[-1]
            annotation, kind = (
                (inner.__origin__, _kind(inner.__metadata__))
                if get_origin(inner) is Annotated
                else (inner, None)
            )
        else:
            return
    yield len(path), annotation, kind


def _fields(model: type[BaseModel], path: Path) -> dict[str, Kind]:
    """The keys of the table at a path, and what each holds."""
    *_, (_, part, _) = _steps(model, path)
    return {name: _kind(field.metadata) or TABLE for name, field in part.model_fields.items()}


def _kind(metadata: Iterable[Any]) -> Kind | None:
    return next((each for each in metadata if isinstance(each, Kind)), None)


def _is_part(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
