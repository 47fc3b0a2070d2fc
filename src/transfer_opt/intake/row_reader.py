"""What the rows of a sheet say: of which fund, of which county or prefecture, which number; and how a cell is told wrong."""

from __future__ import annotations

from collections.abc import Iterable

from transfer_opt.core.budget import Sheet, SheetRow, Value
from transfer_opt.core.errors import Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number
from transfer_opt.intake.cells import at, word
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.admissible import wrong_number, wrong_share
from transfer_opt.policy.model import ModelSpec, ParameterSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.workbook.input.totals import same_prefecture


class RowReader:
    """One sheet whose rows speak of funds and places; what is wrong is added to `problems`."""

    def __init__(
        self, spec: ModelSpec, sheet: Sheet, recipients: Recipients, problems: list[Problem]
    ) -> None:
        self.spec, self.sheet, self.recipients, self.problems = spec, sheet, recipients, problems

    def fund(self, row: SheetRow) -> str | None:
        """The fund a row names, in full; "": all; None: not known, which is told."""
        text = self.text(row, "资金")
        if text in ("", "全部"):
            return ""
        fund = self.spec.fund(text)
        if fund is None:
            self.unknown(
                row, "资金", "E202", [name for f in self.spec.funds for name in (f.name, f.short)]
            )
        return fund.name if fund else None

    def place(self, row: SheetRow) -> str | None:
        """The county or prefecture a row names, in full; "": everywhere; None: not known, which is told."""
        text = self.text(row, "对象")
        if text in ("", "全部", "全省"):
            return ""
        units = self.recipients
        for names, shown in (
            (units.name, units.name),
            (units.code, units.name),
            (units.prefecture, units.prefecture),
        ):
            for name, found in zip(names, shown, strict=True):
                if name and normalise(name) == text:
                    return str(found)
        meant = self._meant(text)
        if len(meant) == 1:
            self.tell(
                row,
                "对象",
                "W214",
                f"按「{meant[0]}」处理。",
                "如不正确，请写「县区数据」里的名称。",
            )
            return meant[0]
        self.unknown(row, "对象", "E204", [*units.name, *units.prefectures])
        return None

    def _meant(self, text: str) -> list[str]:
        """The units and prefectures a short or former name or a former code may mean."""
        units = self.recipients
        place = Register(units.code, units.name, self.spec.former).find(text, text).place
        prefectures = [
            str(name)
            for name in units.prefectures
            if same_prefecture(text, normalise(name)) or normalise(name).startswith(text)
        ]
        return prefectures + ([] if place is None else [str(units.name[place])])

    def typed(self, row: SheetRow, column: str) -> Value:
        """What stands in a cell; None where nothing can be seen."""
        raw = row.values.get(column)
        return None if isinstance(raw, str) and not normalise(raw) else raw

    def number(self, row: SheetRow, column: str, spec: ParameterSpec, raw: object) -> float | None:
        """The number a cell means where the parameter may have it; None: it may not, which is told."""
        number = (
            float(raw)
            if isinstance(raw, float | int) and not isinstance(raw, bool)
            else to_number(str(raw))
        )
        wrong = wrong_number(spec, number)
        if not wrong and number is not None:
            wrong = wrong_share(spec, raw, number)
        if wrong:
            self.tell(row, column, "E209" if number is None else "E210", *wrong)
            return None
        return number

    def text(self, row: SheetRow, column: str) -> str:
        """A cell as it is compared."""
        return word(row, column)

    def unknown(self, row: SheetRow, column: str, code: str, known: Iterable[str]) -> None:
        """Tell that a cell is no word known there, or is empty."""
        text = self.text(row, column)
        self.tell(
            row,
            column,
            code,
            f"{column}不认识。" if text else f"{column}不能空着。",
            did_you_mean(text, known),
        )

    def tell(self, row: SheetRow, column: str, code: str, message: str, remedy: str) -> None:
        """Tell what is wrong with a cell."""
        self.problems.append(at(self.sheet, row, column, code, message, remedy))
