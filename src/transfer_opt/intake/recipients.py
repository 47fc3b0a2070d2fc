"""「县区数据」 → recipients, and which of them are eligible for which fund. The first step from sheets to numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from transfer_opt.core.arrays import NOWHERE, Bools, Floats, Texts
from transfer_opt.core.budget import Sheet, SheetRow, is_number
from transfer_opt.core.text import closed_up, normalise
from transfer_opt.core.vocabulary import CODE, ELIGIBILITY_RULE, NAME, PREFECTURE
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import Settings
from transfer_opt.workbook.input.totals import Prefectures

TEXT_COLUMNS = ("功能区类型", "生态考核结果", "困难地区类型", "引导性补助名单")


def ordered_rows(sheet: Sheet) -> tuple[SheetRow, ...]:
    """Data rows in order of division code (no code: by name), so that a shuffled sheet is the same problem."""
    return tuple(
        sorted(
            sheet.rows,
            key=lambda row: (str(row.values.get(CODE, "")), str(row.values.get(NAME, ""))),
        )
    )


def read_recipients(sheet: Sheet, value_aliases: Mapping[str, Mapping[str, str]]) -> Recipients:
    """The units as records. A column is numeric when any of its cells is a number; what is no number there is NaN."""
    rows = ordered_rows(sheet)
    numbers: dict[str, Floats] = {}
    texts = {}
    for header in sheet.letters:
        values = [row.values.get(header) for row in rows]
        if header in (CODE, NAME, PREFECTURE):
            continue
        if header not in TEXT_COLUMNS and any(is_number(value) for value in values):
            numbers[header] = np.array(
                [float(value) if is_number(value) else np.nan for value in values]
            )
        else:
            alias = value_aliases.get(header, {})
            words = ["" if value is None else str(value) for value in values]
            texts[header] = np.array([alias.get(word, word) for word in words], dtype=object)
    spellings = prefecture_spellings(sheet)
    prefectures = [
        closed_up(spellings.get(normalise(str(text)), str(text)))
        for text in _words(rows, PREFECTURE)
    ]
    names = [closed_up(text) for text in _words(rows, NAME)]
    return Recipients(
        _words(rows, CODE),
        np.array(names, dtype=object),
        np.array(prefectures, dtype=object),
        numbers,
        texts,
    )


def prefecture_spellings(sheet: Sheet) -> dict[str, str]:
    """Each 市州 without its blanks → the one spelling used for it: the fullest, and of those the most frequent."""
    written = Counter(
        str(row.values[PREFECTURE]) for row in sheet.rows if row.values.get(PREFECTURE) is not None
    )
    usual: dict[str, str] = {}
    for text, _ in sorted(written.items(), key=lambda entry: (-entry[1], entry[0])):
        usual.setdefault(normalise(text), text)
    fuller = Prefectures(usual)
    return {
        text: usual[full[0]] if len(full := fuller.fuller(text)) == 1 else shown
        for text, shown in usual.items()
    }


def eligible(settings: Settings, fund: int) -> Bools:
    """Who may take part in a fund (n,): 「资格」 and, with 因素法·参考 = 缺口, everyone else's rules apart."""
    units = settings.recipients
    subject = np.array([[fund, NOWHERE]], dtype=np.int64)
    members = np.ones(len(units), dtype=bool)
    if settings.texts(ELIGIBILITY_RULE, "仅缺口为正", subject)[0] == "是":
        members &= units.number("标准财政支出") > units.number("标准财政收入")
    zones = settings.texts(ELIGIBILITY_RULE, "仅功能区", subject)[0]
    if zones != "否":
        inside = units.text("功能区类型") != ""
        if zones == "含禁止开发":
            inside |= units.number("禁止开发区面积") > 0
        members &= inside
    return np.asarray(members, dtype=bool)


def _words(rows: tuple[SheetRow, ...], column: str) -> Texts:
    return np.array([str(row.values.get(column, "")) for row in rows], dtype=object)
