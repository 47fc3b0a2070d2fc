"""The template of any model: its units, columns, money unit; filled with figures it can be checked and solved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from manual import ROOT, Filling, fill, steps, whole_file

from transfer_opt import check, read_budget, solve
from transfer_opt.intake.blank import blank_layout
from transfer_opt.intake.template import write_start
from transfer_opt.policy.model_file.loading import load_model

GUIDE = (ROOT / "docs" / "手册-给别的省做模型.md").read_text(encoding="utf-8")
PROVINCE = whole_file(GUIDE, "示例省.toml")
FIGURES, POOLS = [step for step in steps(GUIDE) if isinstance(step, Filling)][:2]


def without_units(text: str) -> str:
    return re.sub(r'^\[(?:divisions\..*|former)\]\n(?:".*\n)*', "", text, flags=re.M)


def under_one(text: str) -> str:
    headers = re.compile(r"^\[divisions\..*\]\n", re.M)
    first = headers.search(text)
    assert first
    at = first.start()
    return f'{text[:at]}[divisions."省直管"]\n{headers.sub("", text[at:])}'


def by_another_need(text: str) -> str:
    return text.replace(
        'default = "标准财政支出", summary = "需求', 'default = "支出需求", summary = "需求'
    )


MODELS = {
    "as it is": PROVINCE,
    "元": PROVINCE.replace('default = "1万元"', 'default = "1元"'),
    "亿元": PROVINCE.replace('default = "1万元"', 'default = "0.01亿元"'),
    "no table of units": without_units(PROVINCE),
    "no prefectures": under_one(PROVINCE),
    "a need of its own": by_another_need(PROVINCE),
}
assert len(set(MODELS.values())) == len(MODELS)


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "模型.toml"
    path.write_text(MODELS[request.param], encoding="utf-8")
    return path


def filled(model: Path) -> Path:
    """The template of a model with the figures of the guide; figures of a column the guide has not are 1000."""
    path = model.with_name("预算.xlsx")
    write_start(path, False, model)
    prefecture = "省直管" if "省直管" in model.read_text(encoding="utf-8") else ""
    spec = load_model(model)
    known = {name: (code, above) for code, (name, above) in spec.divisions.items()}
    extra = [
        column.name
        for column in blank_layout(spec, 2026).columns
        if column.band in ("因素", "口径") and column.name not in FIGURES.headers
    ]
    rows = [
        [
            *row,
            *known.get(row[0], (f"99{9000 + number}", prefecture or "东州")),
            *["100000"] * len(extra),
        ]
        for number, row in enumerate(FIGURES.rows)
    ]
    headers = [*FIGURES.headers, "行政区划代码", "市州", *extra]
    fill(str(path), Filling("县区数据", headers, rows))
    fill(str(path), POOLS)
    return path


def test_the_template_of_a_model_can_be_filled_and_has_no_errors(model: Path) -> None:
    problems = check(read_budget(filled(model), model))
    assert [str(problem) for problem in problems if not problem.is_warning] == []


@pytest.mark.parametrize("model", ["no prefectures", "a need of its own"], indirect=True)
def test_what_was_filled_is_shared_out_as_far_as_it_goes(model: Path) -> None:
    plan = solve(read_budget(filled(model), model)).to_frame()
    assert plan["均衡补助"].sum() == 1_370_000
    assert plan["保障补助"].sum() == 150_000


@pytest.mark.parametrize(
    ("model", "unit"), [("元",) * 2, ("亿元",) * 2, ("as it is", "万元")], indirect=["model"]
)
def test_amounts_are_asked_in_the_unit_they_are_published_in(model: Path, unit: str) -> None:
    path = model.with_name("预算.xlsx")
    write_start(path, False, model)
    told = {text for text in texts(path) if text.startswith("单位：")}
    assert f"单位：{unit}" in told
    assert all(text.startswith(f"单位：{unit}") for text in told)


@pytest.mark.parametrize("model", ["no table of units"], indirect=True)
def test_without_a_table_of_units_there_are_empty_rows(model: Path) -> None:
    path = model.with_name("预算.xlsx")
    write_start(path, False, model)
    assert not any(re.search("甲一区|甲山市", text) for text in texts(path))


def test_columns_of_the_model_stand_at_the_right_once() -> None:
    names = [column.name for column in blank_layout(load_model(), 2026).columns]
    assert len(names) == len(set(names))
    assert (
        names[-1] == "上年重点生态功能区转移支付"
    )  # what the default model weighs with 0 is not asked


def texts(path: Path) -> Iterator[str]:
    book: Any = openpyxl.load_workbook(path)
    for sheet in book:
        for line in sheet.iter_rows(values_only=True):
            yield from (value for value in line if isinstance(value, str))
