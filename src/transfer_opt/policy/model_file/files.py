"""The models that travel with the package, one folder each, and which file a name or a path means."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.vocabulary import DEFAULT_MODEL
from transfer_opt.policy.model_file.source import one_line

MODEL, DIGEST = "model.toml", "model.sha256"
SHOWING = "transfer-opt init 附带.toml"
"""The command that writes the default model into a file, to look at or to copy from."""


def shipped(*parts: str) -> Path:
    """A file that travels with the package: inside it when installed, beside src/ in a checkout."""
    package = Path(str(files("transfer_opt")))
    inside = package.joinpath(*parts)
    return inside if inside.exists() else package.parent.parent.joinpath(*parts)


def model_names() -> tuple[str, ...]:
    """The names of the shipped models: those of their folders."""
    return tuple(sorted(file.parent.name for file in shipped("models").glob(f"*/{MODEL}")))


def model_path(given: str | os.PathLike[str] | None) -> Path:
    """The file that is meant by the name of a shipped model, by a path, or by nothing; InputError for an unknown name.

    A name is one word without a suffix; the file of such a name that is no model of ours is taken as a path.
    """
    path = Path(DEFAULT_MODEL if given is None else given)
    names = model_names()
    if str(path) in names:
        return shipped("models", str(path), MODEL)
    if path.suffix or path.name != str(path) or path.is_file():
        return path
    raise InputError(
        [
            Problem(
                "E150",
                one_line(f"没有名为「{path}」的模型，这里也没有这个文件。"),
                f"--model 写随程序附带的模型的名称（{'、'.join(names)}），或模型文件的路径，如 模型.toml。",
            )
        ]
    )
