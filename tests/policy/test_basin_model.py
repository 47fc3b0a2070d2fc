"""The shipped example model of a basin's fund: in shape, and a template of it asks for what counties pay in."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import openpyxl
import pytest

from transfer_opt import check, read_budget
from transfer_opt.intake.template import write_start
from transfer_opt.policy.model_file.loading import shipped
from transfer_opt.policy.model_file.reading import read
from transfer_opt.policy.model_file.schema import checksum
from transfer_opt.policy.model_file.shape import shape_findings

MODEL = shipped("models", "qinghai-basin", "model.toml")
COUNTY = ["990101", "上游县", "东州", 10000, 1000, 9000, 5000, 4200, 0, 0]
FACTORS = ("水环境质量", "水源涵养", "水资源综合管理")


def test_it_is_in_shape_and_its_checksum_is_current() -> None:
    schema = json.loads(shipped("models", "model.schema.json").read_text(encoding="utf-8"))
    assert list(shape_findings(read(MODEL))) == []
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(read(MODEL).table)) == []
    assert checksum(read(MODEL)) == MODEL.with_suffix(".sha256").read_text(encoding="utf-8")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    write_start(path := tmp_path / "流域.xlsx", example=False, model=MODEL)
    return path


def headers(book: openpyxl.Workbook, sheet: str) -> list[str]:
    return [str(cell.value) for cell in book[sheet][4 if sheet == "县区数据" else 3]]


def test_its_template_has_the_factors_and_what_counties_and_the_province_pay_in(
    template: Path,
) -> None:
    book = openpyxl.load_workbook(template)
    assert headers(book, "县区数据")[-4:] == [*FACTORS, "流域出资"]
    assert "省级出资" in headers(book, "资金总额")
    write_start(template, example=False)
    book = openpyxl.load_workbook(template)
    assert not {*FACTORS, "流域出资"} & {*headers(book, "县区数据")}
    assert "省级出资" not in headers(book, "资金总额")


@pytest.mark.parametrize(
    ("paid", "province", "codes"),
    [(100, 1900, []), (None, 2000, []), (100, None, ["H4"]), (None, None, ["H4"])],
)
def test_what_the_province_pays_in_must_be_said_of_it(
    template: Path, paid: float | None, province: float | None, codes: list[str]
) -> None:
    """Left out, own money would silently not be lowered, or the fund not be made up."""
    book = openpyxl.load_workbook(template)
    for sheet, at, values in (
        ("县区数据", 5, [*COUNTY, *[None] * 3, None, 0, 90, 60, 80, paid]),
        ("资金总额", 4, ["流域生态保护补偿资金", 2000, *[None] * 5, province]),
    ):
        for column, value in enumerate(values, start=1):
            book[sheet].cell(at, column).value = value
    book.save(template)
    found = check(read_budget(template, MODEL))
    assert [problem.cell for problem in found if problem.code == "E380"] == codes
