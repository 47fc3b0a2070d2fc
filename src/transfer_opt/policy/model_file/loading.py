"""The model file (TOML) → ModelSpec, once its shape, its words and its values are right."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TypeAlias

from transfer_opt.core.errors import InputError
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.model_file.files import DIGEST, model_path, shipped
from transfer_opt.policy.model_file.places import place_findings
from transfer_opt.policy.model_file.reading import read
from transfer_opt.policy.model_file.records import model
from transfer_opt.policy.model_file.source import Finding, Source
from transfer_opt.policy.model_file.values import value_findings
from transfer_opt.policy.model_file.words import word_findings

Model: TypeAlias = ModelSpec | str | os.PathLike[str] | None
"""A model, the name of a shipped one, or the file it is in; None: the one that is used where none is named."""


def load_model(given: Model = None) -> ModelSpec:
    """Read the model of that name or in that file; without either the default one. One that has been read is taken as it is.

    Raises InputError with every key, word and value that is wrong, in the order of the file.
    """
    if isinstance(given, ModelSpec):
        return given
    own = read(model_path(None))
    _refuse(own, own)
    if given is None:
        return model(own)
    source = read(model_path(given))
    _refuse(source, own)
    return model(source)


def _refuse(source: Source, pattern: Source) -> None:
    """Raise what is wrong with a model file; `pattern` is the default one."""
    words = list(word_findings(source, pattern.table))
    strange = {each.at for each in words if each.at[:1] == ("rules",) and len(each.at) in (2, 4)}
    shape = [
        each for each in _shape(source) if not strange & {each.at[:2], each.at[:4]}
    ]  # what does not exist needs no shape
    found = [*shape, *words, *place_findings(source)]
    found += value_findings(source, pattern.table, found)
    problems = dict.fromkeys(
        finding.problem for finding in sorted(found, key=lambda finding: finding.line)
    )
    if problems:
        raise InputError(tuple(problems))


def _shape(source: Source) -> Iterator[Finding]:
    """Nothing for the very bytes that are shipped, which are known to be in shape (docs/decisions/0020)."""
    if any(
        source.digest in digest.read_text(encoding="ascii", errors="replace").split()
        for digest in shipped("models").glob(f"*/{DIGEST}")
    ):
        return
    from transfer_opt.policy.model_file.shape import shape_findings

    yield from shape_findings(source)
