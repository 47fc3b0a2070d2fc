"""How far a county's amounts may move, told from the certificate in a result file alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from transfer_opt.allocation.explanation.extent import Extent, extents, kept_stages
from transfer_opt.checker.optimality import CertificateError, check
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.text import to_text
from transfer_opt.core.vocabulary import ALLOCATION, CODE, NAME, PROOF
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.published.county import Row, county_row
from transfer_opt.workbook.result.adjustments import Line, approved
from transfer_opt.workbook.result.publication import certificate_text
from transfer_opt.workbook.result.rows import read_result

PROVED = "每个端点都用对偶价格证明，并用分数核对过；各笔是分别变动的，不一定能同时到端点。"
SHARED = "·均衡分担"
"""Ends the name of a stage that shares out what the one before it found: an official counts them as one."""


def movable(path: Path, county: str, model: Model = None) -> list[str]:
    """The sentences; raises InputError where the file or the county is not known, or 「证明」 does not fit it."""
    sheets = read_result(path, (ALLOCATION, PROOF))
    row = county_row(sheets[ALLOCATION].rows, county, lambda: load_model(model).former)
    certificate = _accepted(path, certificate_text(sheets[PROOF]), row)
    return list(_sentences(row, certificate, sheets[ALLOCATION].unit, approved(path)))


def kept_sentence(certificate: Mapping[str, Any]) -> str:
    """What stays as it is while a line moves."""
    kept = kept_stages(certificate)
    names = [name for name in kept if not name.endswith(SHARED)]
    closing = certificate["stages"][len(kept)]["name"]
    goals = f"、{closing}之前的各步目标（{'、'.join(names)}）保持最优" if names else ""
    return f"全部规则照旧{goals}"


def span_sentence(extent: Extent, unit: Fraction, money_unit: str) -> str:
    """How far one line may move, in the workbook's money."""
    least, now, most = (
        money(count * unit) for count in (extent.least, extent.published, extent.most)
    )
    if extent.least == extent.most:
        return f"不能动，只能是 {now} {money_unit}"
    down, up = extent.published - extent.least, extent.most - extent.published
    return (
        f"可在 {least} 至 {most} {money_unit}之间（"
        + (f"最多可减 {money(down * unit)}，" if down else "不能再减，")
        + (f"最多可增 {money(up * unit)}）" if up else "不能再增）")
    )


def within_sentence(extent: Extent, unit: Fraction, decided: Decimal) -> str:
    """Whether what was approved of a line keeps within its range."""
    inside = extent.least * unit <= Fraction(decided) <= extent.most * unit
    return f"批准数{'在范围之内，别的县要相应增减' if inside else '在范围之外'}"


def money(amount: Fraction) -> str:
    """An amount in whole publishing units, which are powers of ten."""
    return f"{(Decimal(amount.numerator) / Decimal(amount.denominator)).normalize():,f}"


def _sentences(
    row: Row, certificate: Mapping[str, Any], money_unit: str, decided: Mapping[Line, Decimal]
) -> Iterator[str]:
    lines = _lines(row, certificate)
    if not lines:
        yield f"{row[NAME]}不参加任何一项资金的分配，没有可调的数。"
        return
    yield f"可调范围：{kept_sentence(certificate)}时，{row[NAME]}的每一笔可以在什么范围内变动（别的县随之增减）。"
    unit = Fraction(certificate["unit"])
    for line, extent in zip(lines, extents(certificate, lines), strict=True):
        fund, code, name = certificate["names"][line]
        now = money(certificate["published"][line] * unit)
        told = span_sentence(extent, unit, money_unit) if extent else "端点没有得到证明，不列出"
        wish = decided.get((code, name, fund))
        if wish is None:
            yield f"{fund} {now} {money_unit}：{told}。"
        else:
            within = f"；{within_sentence(extent, unit, wish)}" if extent else ""
            yield f"{fund} 批准 {wish:,f}（测算 {now}）{money_unit}：{told}{within}。"
    yield PROVED


def _lines(row: Row, certificate: Mapping[str, Any]) -> list[int]:
    """The lines of the county."""
    who = [to_text(row[CODE]), str(row[NAME])]
    return [line for line, name in enumerate(certificate["names"]) if name[1:] == who]


def _accepted(path: Path, text: str, row: Row) -> Mapping[str, Any]:
    """The certificate, once the independent checker takes it and the county's amounts are those it proves."""
    try:
        certificate: Mapping[str, Any] = json.loads(text)
        check(certificate)
    except (ValueError, CertificateError, TypeError) as error:
        raise _unfit(path, "「证明」表里的证书不成立") from error
    unit = Fraction(certificate["unit"])
    for line in _lines(row, certificate):
        proved, shown = (
            certificate["published"][line] * unit,
            row.get(certificate["names"][line][0]),
        )
        if not isinstance(shown, float | int) or abs(Fraction(shown) - proved) * 2 > unit:
            raise _unfit(path, f"{row[NAME]}的数与「证明」表里的不是同一个")
    return certificate


def _unfit(path: Path, why: str) -> InputError:
    return InputError(
        [
            Problem(
                "E190",
                f"{path.name}：{why}，不能说可调范围。",
                "给出未改动的结果文件；用 transfer-opt audit 查看改动了哪里。",
            )
        ]
    )
