"""No value the program reads may be missing: each is named with rule, fund and the line to write, before `solve`."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import ECOLOGY, EQUALIZATION, EXAMPLE, add_rule, plain_tables, write_tables
from cases import SPEC
from manual import Command, run, with_lines

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.vocabulary import OUTLOOK, WEIGHTS
from transfer_opt.intake.prepare import check, read_budget
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import ParameterSpec, RuleSpec
from transfer_opt.policy.model_file.loading import load_model, shipped
from transfer_opt.policy.model_file.words import SETTINGS_ONLY

TEXT = shipped("models", "qinghai", "model.toml").read_text(encoding="utf-8")
FUNDS = tuple(fund.name for fund in SPEC.funds)
LINE = re.compile(
    r"在 (\[.*?\]) 下面把 (?:default|hard) 一行写成 ((?:default|hard) = (?:\{.*?\}|[^（]+))（"
)
WRITTEN = [rule for rule in SPEC.rules.values() if rule.name not in (OUTLOOK, WEIGHTS)]
"""The rules that the model file holds; the weights stand with the factors, the outlook is nobody's but the user's."""
BY_FUND = [
    parameter
    for rule in WRITTEN
    for parameter in rule.parameters.values()
    if parameter.by in ("line", "fund", "prefecture")
]
COMPARED = ("三保压力倾斜", "财力薄弱倾斜")
"""Rules that look at every fund as soon as they are on for one."""


def model(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "模型.toml"
    path.write_text(text, encoding="utf-8")
    return path


def said(path: Path) -> tuple[Problem, ...]:
    """What is wrong with a model file; nothing where it is right."""
    try:
        load_model(path)
    except InputError as error:
        return error.problems
    return ()


def lacking(parameter: ParameterSpec, fund: str, text: str = TEXT) -> str:
    """The model file with the parameter's values written by fund, and none for that one."""
    given = (
        parameter.default
        if isinstance(parameter.default, Mapping)
        else dict.fromkeys(FUNDS, parameter.default)
    )
    entries = ", ".join(
        f"{json.dumps(name, ensure_ascii=False)} = {json.dumps(value, ensure_ascii=False)}"
        for name, value in given.items()
        if name != fund and value is not None
    )
    return with_lines(text, f"{place(parameter)}\ndefault = {{ {entries} }}")


def place(parameter: ParameterSpec) -> str:
    return f'[rules."{parameter.rule}".parameters."{parameter.name}"]'


def needed(parameter: ParameterSpec, fund: str) -> bool:
    """Whether the program reads the value, told here by hand."""
    rule = SPEC.rules[parameter.rule]
    if (rule.name, parameter.name) in (
        ("资金总额", "本年总额"),
        ("市州占比", "下限"),
        ("市州占比", "上限"),
        *((rule, side) for rule in ("县区上下限", "合计上下限") for side in ("下限", "上限")),
    ):
        return False
    return rule.fixed or rule.name in ("三保兜底", *COMPARED) or is_on(rule, fund)


def is_on(rule: RuleSpec, fund: str) -> bool:
    return rule.on[fund] if isinstance(rule.on, Mapping) else rule.on


@pytest.mark.parametrize("fund", FUNDS)
@pytest.mark.parametrize(
    "parameter", BY_FUND, ids=lambda parameter: f"{parameter.rule}-{parameter.name}"
)
def test_a_value_left_out_is_not_needed_or_named_with_the_line_that_mends_it(
    tmp_path: Path, parameter: ParameterSpec, fund: str
) -> None:
    text = lacking(parameter, fund)
    problems = said(model(tmp_path, text))
    assert bool(problems) == needed(parameter, fund)
    if problems:
        [problem] = problems
        assert problem.code == "E151"
        assert f"规则「{parameter.rule}」" in problem.message
        assert f"「{fund}」" in problem.message
        assert said(model(tmp_path, followed(text, problem))) == ()


def followed(text: str, problem: Problem) -> str:
    """The model file with the line a sentence asks for."""
    found = LINE.search(problem.remedy)
    assert found, problem.remedy
    return with_lines(text, f"{found[1]}\n{found[2]}")


@pytest.mark.parametrize(
    "parameter",
    [parameter for rule in WRITTEN for parameter in rule.parameters.values()],
    ids=lambda parameter: f"{parameter.rule}-{parameter.name}",
)
def test_a_parameter_without_any_value_is_told_where_it_is_read(
    tmp_path: Path, parameter: ParameterSpec
) -> None:
    rule = SPEC.rules[parameter.rule]
    top = TEXT.index(place(parameter))
    end = TEXT.find("\n[", top)
    text = TEXT[:top] + re.sub(r"^default = .*\n", "", TEXT[top:end], flags=re.M) + TEXT[end:]
    problems = said(model(tmp_path, text))
    optional = parameter.default is None
    read = rule.fixed or rule.name == "三保兜底" or any(is_on(rule, fund) for fund in FUNDS)
    assert bool(problems) == (read and not optional)
    if problems:
        assert said(model(tmp_path, followed(text, problems[0]))) == ()


@pytest.mark.parametrize("fund", FUNDS)
def test_hardness_by_fund_names_every_fund(tmp_path: Path, fund: str) -> None:
    hard = {name: name != FUNDS[1] for name in FUNDS if name != fund}
    entries = ", ".join(f'"{name}" = {json.dumps(value)}' for name, value in hard.items())
    text = with_lines(TEXT, f'[rules."增幅上限"]\nhard = {{ {entries} }}')
    [problem] = said(model(tmp_path, text))
    assert (problem.code, f"「{fund}」" in problem.message, "「增幅上限」" in problem.message) == (
        "E151",
        True,
        True,
    )
    assert said(model(tmp_path, followed(text, problem))) == ()


def test_a_rule_that_lists_its_funds_is_off_for_those_it_does_not_list(tmp_path: Path) -> None:
    text = with_lines(TEXT, f'[rules."财力薄弱倾斜"]\non = {{ "{EQUALIZATION}" = true }}')
    assert said(model(tmp_path, text)) == ()


@pytest.mark.parametrize(
    ("whole", "said_there"),
    [
        (
            'parameters."增幅上限" = {{ default = {}, maximum = 100.0, summary = "最多增加" }}',
            "行「增幅上限」的花括号里把 default 写成 default = ",
        ),
        (
            'parameters."增幅上限".maximum = 100.0\nparameters."增幅上限".default = {}\nparameters."增幅上限".summary = "最多增加"',
            "行等号后面的写成 ",
        ),
    ],
)
def test_the_remedy_fits_a_parameter_written_in_another_way(
    tmp_path: Path, whole: str, said_there: str
) -> None:
    parameter = SPEC.rules["增幅上限"].parameters["增幅上限"]
    top = TEXT.index(place(parameter))
    end = TEXT.index("\n[", top)
    for_all = f'{{ "{FUNDS[0]}" = 0.15, "{FUNDS[1]}" = 0.3, "{FUNDS[2]}" = 0.15 }}'
    short = f'{{ "{FUNDS[0]}" = 0.15, "{FUNDS[1]}" = 0.3 }}'
    spoilt = TEXT[:top] + whole.format(short) + TEXT[end:]
    [problem] = said(model(tmp_path, spoilt))
    line = spoilt[: spoilt.index(short)].count("\n") + 1
    assert problem.message.startswith(
        f"模型文件第 {line} 行：规则「增幅上限」的参数「增幅上限」没有资金「{ECOLOGY}」的取值"
    )
    assert f"第 {line} {said_there}{for_all}（" in problem.remedy
    assert said(model(tmp_path, spoilt.replace(short, for_all))) == ()


def test_all_that_is_missing_is_told_in_one_run(tmp_path: Path) -> None:
    wanted = [parameter for parameter in BY_FUND if needed(parameter, ECOLOGY)]
    text = TEXT
    for parameter in wanted:
        text = lacking(parameter, ECOLOGY, text)
    problems = said(model(tmp_path, text))
    assert len(problems) == len(wanted)
    for problem in problems:
        text = followed(text, problem)
    assert said(model(tmp_path, text)) == ()


def answer(*words: str | Path) -> Command:
    """A command run with every Python warning an error."""
    command = Command(" ".join(["transfer-opt", *(f"'{word}'" for word in words)]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        run(command)
    return command


@pytest.mark.parametrize("name", ["check", "solve"])
def test_check_and_solve_find_it_before_anything_is_solved(tmp_path: Path, name: str) -> None:
    text = lacking(SPEC.rules["增幅上限"].parameters["增幅上限"], ECOLOGY)
    command = answer(
        name, write_tables(tmp_path / "预算.xlsx", plain_tables()), "--model", model(tmp_path, text)
    )
    assert command.real_code == 1
    line = (
        text[: text.index("default = {", text.index('[rules."增幅上限".parameters'))].count("\n")
        + 1
    )
    assert (
        f"[E151] 模型文件第 {line} 行：规则「增幅上限」的参数「增幅上限」没有资金「{ECOLOGY}」的取值"
        in command.real_answer
    )
    assert not (tmp_path / "预算_分配结果.xlsx").exists()


@pytest.mark.system
def test_values_nobody_needs_may_be_missing(tmp_path: Path) -> None:
    text = TEXT
    for parameter in BY_FUND:
        rule = SPEC.rules[parameter.rule]
        idle = [fund for fund in FUNDS if not needed(parameter, fund)]
        if idle and not rule.fixed and parameter.default is not None:
            entries = ", ".join(
                f'"{fund}" = {json.dumps(parameter.default)}' for fund in FUNDS if fund not in idle
            )
            text = with_lines(text, f"{place(parameter)}\ndefault = {{ {entries} }}")
    assert text != TEXT
    results = [
        answer(
            "solve", EXAMPLE, "-o", tmp_path / f"{number}.xlsx", "--model", model(tmp_path, each)
        )
        for number, each in enumerate((TEXT, text))
    ]
    assert [command.real_code for command in results] == [0, 0]
    first, second = (allocation(tmp_path / f"{number}.xlsx") for number in range(2))
    assert first == second


def allocation(path: Path) -> list[tuple[Any, ...]]:
    return list(
        openpyxl.load_workbook(path, data_only=True)["分配结果"].iter_rows(
            min_row=4, values_only=True
        )
    )


# Switched on in the workbook only ---------------------------------------------------------------------------------


def growth_of_ecology_only(tmp_path: Path) -> Path:
    """A model whose 「生态稳定增长」 has a value for the fund of ecology alone."""
    return model(
        tmp_path,
        with_lines(
            TEXT, f'[rules."生态稳定增长".parameters."增长率"]\ndefault = {{ "{ECOLOGY}" = 0.03 }}'
        ),
    )


def budget(tmp_path: Path, *rows: Mapping[str, Any]) -> Path:
    tables = plain_tables()
    for row in rows:
        add_rule(tables, **row)
    return write_tables(tmp_path / "预算.xlsx", tables)


SWITCH = {"规则": "生态稳定增长", "资金": EQUALIZATION, "启用": "是"}
VALUE = {"规则": "生态稳定增长", "资金": EQUALIZATION, "参数": "增长率"}


def missing(problems: Sequence[Problem]) -> Iterator[tuple[str, str, str]]:
    for problem in problems:
        if problem.code == "E215":
            yield problem.sheet, problem.column, str(problem)


def test_a_switch_without_a_value_is_told_with_the_line_to_write(tmp_path: Path) -> None:
    chosen = growth_of_ecology_only(tmp_path)
    [(sheet, column, text)] = missing(check(read_budget(budget(tmp_path, SWITCH), chosen)))
    assert (sheet, column) == ("约束参数", "启用")
    assert (
        f"规则「生态稳定增长」、资金「{EQUALIZATION}」、参数「增长率」、取值按实际填（如 3%）"
        in text
    )
    assert (
        list(missing(check(read_budget(budget(tmp_path, SWITCH, {**VALUE, "取值": 0.02}), chosen))))
        == []
    )


def test_a_row_of_the_parameter_without_a_value_is_told_by_its_cell(tmp_path: Path) -> None:
    chosen = growth_of_ecology_only(tmp_path)
    [(_, column, text)] = missing(
        check(read_budget(budget(tmp_path, {**VALUE, "启用": "是"}), chosen))
    )
    assert column == "取值"
    assert f"（{EQUALIZATION}）" in text
    assert "在这一格填上取值" in text


def test_solve_ends_with_the_same_sentence(tmp_path: Path) -> None:
    command = answer("solve", budget(tmp_path, SWITCH), "--model", growth_of_ecology_only(tmp_path))
    assert command.real_code == 1
    assert "[E215]" in command.real_answer


@pytest.mark.parametrize("rule", COMPARED)
def test_a_rule_that_compares_funds_asks_for_all_of_them(tmp_path: Path, rule: str) -> None:
    texts = [f'[rules."{rule}"]\non = false']
    texts += [
        f"{place(parameter)}\ndefault = {{ }}" for parameter in SPEC.rules[rule].parameters.values()
    ]
    text = TEXT
    for each in texts:
        text = with_lines(text, each)
    tables = plain_tables()
    header, *rows = tables["约束参数"]
    tables["约束参数"] = [header, *(row for row in rows if row[0] != rule)]
    add_rule(tables, 规则=rule, 资金=EQUALIZATION, 启用="是")
    command = answer(
        "solve", write_tables(tmp_path / "预算.xlsx", tables), "--model", model(tmp_path, text)
    )
    assert command.real_code == 1
    assert command.real_answer.count("[E215]") == len(SPEC.rules[rule].parameters) * len(FUNDS)


def test_the_shipped_model_is_the_pattern_of_all_rules() -> None:
    assert {rule.name for rule in WRITTEN} == {*CONSTRAINTS, *SETTINGS_ONLY}
    for name, entry in CONSTRAINTS.items():
        assert set(entry.parameters.values()) <= SPEC.rules[name].parameters.keys()
