"""What `init` writes: the empty template of a model (by default the shipped one), the filled example, or that of a mapping."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from transfer_opt.core.atomic_write import save_bytes
from transfer_opt.intake.blank import blank_layout
from transfer_opt.policy.model_file.loading import load_model, shipped
from transfer_opt.workbook.output.template import write_template


def write_start(path: Path, example: bool, model: Path | None = None) -> None:
    """Write the template or the example; raises OutputError and leaves nothing behind where that fails."""
    if example:
        save_bytes(path, shipped("inputs", "qinghai.xlsx").read_bytes())
    else:
        write_template(path, blank_layout(load_model(model), date.today().year))


def write_mapping(path: Path) -> None:
    """Write the example of a mapping to the executing system; raises OutputError as above."""
    save_bytes(path, shipped("inputs", "mapping.xlsx").read_bytes())
