"""What `init` writes: the empty template of a model, the filled example of the default one, a model file or a mapping to go on from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from transfer_opt.core.atomic_write import save_bytes
from transfer_opt.core.vocabulary import DEFAULT_MODEL
from transfer_opt.intake.blank import blank_layout
from transfer_opt.policy.model_file.files import model_path, shipped
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.workbook.output.template import write_template


def write_start(path: Path, example: bool, model: Path | None = None) -> str:
    """Write the example, a model file (where the name ends in .toml) or the template, and say which it is.

    Raises OutputError and leaves nothing behind where that fails; InputError for a model that cannot be read.
    """
    if example:
        save_bytes(path, shipped("inputs", f"{DEFAULT_MODEL}.xlsx").read_bytes())
        return "示例"
    spec = load_model(model)
    if path.suffix == ".toml":
        save_bytes(path, model_path(model).read_bytes())
        return "模型文件"
    write_template(path, blank_layout(spec, date.today().year))
    return "空白模板"


def write_mapping(path: Path) -> str:
    """Write the example of a mapping to the executing system, and say what it is; raises OutputError as above."""
    save_bytes(path, shipped("inputs", "mapping.xlsx").read_bytes())
    return "列对照示例"
