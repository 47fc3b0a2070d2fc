"""The model file (TOML) → ModelSpec, once its shape, its words and its values are right."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

from transfer_opt.core.errors import InputError
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.model_file.reading import read
from transfer_opt.policy.model_file.records import model
from transfer_opt.policy.model_file.source import Finding, Source
from transfer_opt.policy.model_file.values import value_findings
from transfer_opt.policy.model_file.words import word_findings

Model: TypeAlias = ModelSpec | str | os.PathLike[str] | None
"""A model, or the file it is in; None: the model of Qinghai that is shipped."""


def shipped(*parts: str) -> Path:
    """A file that travels with the package: inside it when installed, beside src/ in a checkout."""
    package = Path(str(files("transfer_opt")))
    inside = package.joinpath(*parts)
    return inside if inside.exists() else package.parent.parent.joinpath(*parts)


def load_model(path: Model = None) -> ModelSpec:
    """Read a model file; without a path, the model of Qinghai that is shipped. One that has been read is taken as it is.

    Raises InputError with every key, word and value that is wrong, in the order of the file.
    """
    if isinstance(path, ModelSpec):
        return path
    own = read(shipped("models", "qinghai", "model.toml"))
    _refuse(own, own)
    if path is None:
        return model(own)
    source = read(Path(path))
    _refuse(source, own)
    return model(source)


def _refuse(source: Source, pattern: Source) -> None:
    """Raise what is wrong with a model file; `pattern` is the shipped one."""
    words = list(word_findings(source, pattern.table))
    strange = {each.at for each in words if each.at[:1] == ("rules",) and len(each.at) in (2, 4)}
    shape = [
        each for each in _shape(source) if not strange & {each.at[:2], each.at[:4]}
    ]  # what does not exist needs no shape
    found = [*shape, *words]
    found += value_findings(source, pattern.table, found)
    problems = dict.fromkeys(
        finding.problem for finding in sorted(found, key=lambda finding: finding.line)
    )
    if problems:
        raise InputError(tuple(problems))


def _shape(source: Source) -> Iterator[Finding]:
    """Nothing for the very bytes that are shipped, which are known to be in shape (docs/decisions/0020)."""
    digest = shipped("models", "qinghai", "model.sha256")
    if (
        digest.is_file()
        and source.digest in digest.read_text(encoding="ascii", errors="replace").split()
    ):
        return
    from transfer_opt.policy.model_file.shape import shape_findings

    yield from shape_findings(source)
