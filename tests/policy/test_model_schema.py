"""The JSON Schema that editors use says what the models say, is current, and the shipped model is known to be in shape."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cases import SPEC
from manual import whole_file
from spoilt_models import WAYS, is_toml

from transfer_opt.core.vocabulary import DEFAULT_MODEL
from transfer_opt.policy.model_file.files import DIGEST, MODEL, model_names, model_path, shipped
from transfer_opt.policy.model_file.reading import read
from transfer_opt.policy.model_file.schema import SCHEMA, checksum, schema
from transfer_opt.policy.model_file.shape import shape_findings
from transfer_opt.policy.model_file.source import Source

TEXT = shipped("models", SCHEMA).read_text(encoding="utf-8")
GUIDE = shipped("docs", "手册-给别的省做模型.md").read_text(encoding="utf-8")
PROVINCE = whole_file(GUIDE, "示例省.toml")
VALIDATOR = jsonschema.Draft202012Validator(json.loads(TEXT))
SHIPPED = model_path(None)
FINER = (
    "里面没有空格和全角括号",
    "的整数",
    "写的是 nan",
    "写的是 inf",
    "写的是 -inf",
    "= nan",
    "NaN",
    "Infinity",
)
"""What the program tells more exactly than JSON Schema can: it takes 1.0 for a whole number, and knows no nan."""


def test_schema_and_checksum_are_current() -> None:
    assert schema(SPEC) == TEXT, "make schema"
    for name in model_names():
        digest = shipped("models", name, DIGEST).read_text(encoding="utf-8")
        assert checksum(read(model_path(name))) == digest, f"make schema: {name}"


@pytest.mark.parametrize("name", model_names())
def test_a_shipped_model_is_in_shape_by_model_and_by_schema(name: str) -> None:
    source = read(model_path(name))
    assert list(shape_findings(source)) == []
    assert list(VALIDATOR.iter_errors(source.table)) == []


def test_the_province_of_the_guide_fits_the_schema() -> None:
    assert list(VALIDATOR.iter_errors(tomllib.loads(PROVINCE))) == []


def test_everything_an_editor_shows_is_chinese() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(TEXT))
    said = list(descriptions(json.loads(TEXT)))
    assert len(said) > 80
    assert [text for text in said if not re.search("[\u4e00-\u9fff]", text)] == []


def descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for value in node.values():
            yield from descriptions(value)


def test_every_key_of_a_part_is_described() -> None:
    for name, part in {**json.loads(TEXT)["$defs"], "": json.loads(TEXT)}.items():
        assert part["description"], name
        assert all("description" in each for each in part["properties"].values()), name


@pytest.mark.system
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_schema_refuses_the_shapes_that_the_models_refuse(way: Any) -> None:
    dice = random.Random(f"schema {way.__name__}")
    for _ in range(20):
        text, _ = way(dice)
        if not is_toml(text) or "f" * 50 in text or "1" * 50 in text:
            continue  # numbers too long for a float are refused by the models alone
        table = tomllib.loads(text)
        found = [str(finding.problem) for finding in shape_findings(Source(text, table, ""))]
        if any(word in said for said in found for word in FINER):
            continue
        refused = list(VALIDATOR.iter_errors(table))
        assert refused or not found, found
        assert found or all(map(names, refused)), refused


def names(error: jsonschema.ValidationError) -> bool:
    """Whether the schema refuses a word, not the shape: rules, parameters, functions, objectives are told by words.py."""
    where = list(error.absolute_path)
    return error.validator == "enum" or (
        error.validator in ("required", "additionalProperties")
        and (
            where == ["rules"]
            or (
                where[:1] == ["rules"]
                and (len(where) == 3 or "'parameters' is a required" in error.message)
            )
        )
    )


@pytest.mark.system
def test_the_schema_is_written_by_one_command(tmp_path: Path) -> None:
    shutil.copytree(
        SHIPPED.parent.parent.parent / "src",
        tmp_path / "src",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(
        SHIPPED.parent.parent,
        tmp_path / "models",
        ignore=shutil.ignore_patterns("*.json", "*.sha256"),
    )
    subprocess.run(
        [sys.executable, "-m", "transfer_opt.policy.model_file.schema"],
        check=True,
        env={"PYTHONPATH": str(tmp_path / "src")},
    )
    for written in ((SCHEMA,), *((name, DIGEST) for name in model_names())):
        assert (
            tmp_path.joinpath("models", *written).read_bytes()
            == shipped("models", *written).read_bytes()
        )


@pytest.mark.system
@pytest.mark.parametrize("digest", [None, "", "0" * 64, "\xff"])
def test_a_shipped_model_that_was_edited_is_checked_like_any_other(
    tmp_path: Path, digest: str | None
) -> None:
    shutil.copytree(
        SHIPPED.parent.parent.parent / "src",
        tmp_path / "src",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(SHIPPED.parent.parent, tmp_path / "models")
    model = tmp_path.joinpath("models", DEFAULT_MODEL, MODEL)
    beside = model.with_name(DIGEST)
    model.write_text(
        model.read_text(encoding="utf-8").replace("priority = 2", 'priority = "二"'),
        encoding="utf-8",
    )
    if digest is None:
        beside.unlink()
    elif digest:
        beside.write_text(digest, encoding="latin-1")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "transfer_opt",
            "check",
            str(SHIPPED.parent.parent.parent / "inputs" / "qinghai.xlsx"),
        ],
        env={"PYTHONPATH": str(tmp_path / "src"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 1
    assert '里的「priority」写的是 "二"，应是1 至 9999 的整数' in done.stdout + done.stderr
