"""Which file `--model` means: the name of a shipped model, or a path; one place decides for every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from transfer_opt.cli.main import cli
from transfer_opt.core.errors import InputError
from transfer_opt.core.vocabulary import DEFAULT_MODEL
from transfer_opt.policy.model_file.files import MODEL, model_names, model_path, shipped
from transfer_opt.policy.model_file.loading import load_model


def test_a_name_is_the_file_in_the_folder_of_that_name() -> None:
    for name in model_names():
        assert model_path(name) == model_path(Path(name)) == shipped("models", name, MODEL)


def test_without_a_name_the_default_model_is_meant() -> None:
    assert model_path(None) == model_path(DEFAULT_MODEL)
    assert load_model(DEFAULT_MODEL) == load_model()


def test_anything_with_a_folder_or_a_suffix_is_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ("模型.toml", "models/甲省", str(tmp_path / "甲省")):
        assert model_path(text) == Path(text)
    Path("甲省").write_text("", encoding="utf-8")
    assert model_path("甲省") == Path("甲省")


@pytest.mark.parametrize("name", ["甲省", "ningxia", "QINGHAI", ".."])
def test_an_unknown_name_is_told_with_the_names_there_are(name: str) -> None:
    with pytest.raises(InputError) as caught:
        load_model(name)
    [problem] = caught.value.problems
    assert problem.code == "E150"
    assert problem.message == f"没有名为「{name}」的模型，这里也没有这个文件。"
    assert f"（{'、'.join(model_names())}）" in problem.remedy


def test_every_command_that_takes_a_model_takes_a_name() -> None:
    told = {
        name: option.help
        for name, command in cli.commands.items()
        for option in command.params
        if "--model" in option.opts
    }
    assert len(told) >= 12
    assert [name for name, help in told.items() if "附带模型的名称，或模型文件" not in help] == []
