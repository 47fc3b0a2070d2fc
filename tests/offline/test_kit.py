"""What goes into a bundle as it stands: scripts that old consoles can show, and sentences that say what is missing."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from bundle.closure import GLIBC, PLATFORMS, PYTHONS
from bundle.make import KIT, kit

_spec = importlib.util.spec_from_file_location("kit_install", KIT / "install.py")
assert _spec
assert _spec.loader
install = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(install)

MINE: Mapping[str, Any] = {
    "platform": "linux-x86_64",
    "bits": 64,
    "glibc": [2, 31],
    "python": [3, 12, 1],
    "usual": True,
    "executable": "/usr/bin/python3",
}
PC = {**MINE, "platform": "win-amd64", "glibc": [], "executable": "C:\\Python\\python.exe"}


def bundle(at: int) -> dict[str, Any]:
    """What a bundle says of itself."""
    platform = PLATFORMS[at]
    return {
        "title": platform.title,
        "platform": platform.built_for,
        "glibc": [] if platform.is_windows else list(GLIBC),
        "pythons": [list(python) for python in PYTHONS],
        "installed": 400_000_000,
        "longest": 120,
        "files": {},
    }


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_scripts_are_as_their_system_reads_them(platform: Any) -> None:
    files = kit(platform, "transfer-opt")
    for name, content in files.items():
        if name.endswith(".bat"):
            lines = content.decode("gbk").split("\r\n")
            assert lines[:2] == ["@echo off", "chcp 936 >nul"]  # before the first Chinese character
            assert "\n" not in "".join(lines)
            assert all(line.isascii() for line in lines if not re.match(r" *(rem|echo) ", line))
        elif name.endswith(".sh"):
            assert content.startswith(b"#!/bin/sh\n")
            assert b"\r" not in content
    first = files["请先看.txt"].decode("utf-8-sig")
    assert "{" not in first
    assert ("\r\n" in first) == platform.is_windows
    assert {name.rpartition(".")[2] for name in files} == {
        "py",
        "txt",
        "bat" if platform.is_windows else "sh",
    }


def test_the_page_is_opened_by_a_command_that_there_is() -> None:
    for script in KIT.glob("打开测算台.*"):
        assert "-m transfer_opt open" in script.read_text(encoding="utf-8")


def test_old_pythons_can_read_the_installer_and_old_consoles_show_what_it_says() -> None:
    text = (KIT / "install.py").read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 6))
    assert not [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation
    ]
    for script in KIT.iterdir():
        script.read_text(encoding="utf-8").encode("gbk")


@pytest.mark.parametrize(
    ("at", "machine", "said"),
    [
        (1, MINE, []),
        (0, PC, []),
        (2, {**MINE, "platform": "linux-aarch64"}, []),
        (0, MINE, ["这台电脑是 Linux（x86-64）。处理办法：换用适合这台电脑的安装包"]),
        (1, {**MINE, "platform": "linux-aarch64"}, ["这台电脑是 Linux（ARM64）"]),
        (1, {**MINE, "platform": "linux-loongarch64"}, ["这台电脑是 linux-loongarch64"]),
        (0, {**PC, "platform": "win-arm64"}, ["这台电脑是 Windows（ARM64）"]),
        (0, {**PC, "platform": "win32", "bits": 32}, ["找到的 Python 是 32 位的"]),
        (
            0,
            {**PC, "python": [3, 8, 10]},
            ["找到的 Python 是 3.8.10（C:\\Python\\python.exe），可以用的版本是 3.11、3.12、3.13"],
        ),
        (1, {**MINE, "python": [3, 14, 0]}, ["找到的 Python 是 3.14.0"]),
        (1, {**MINE, "glibc": [2, 17]}, ["要用 glibc 2.28 以上，这台电脑是 2.17"]),
        (1, {**MINE, "glibc": []}, ["这台电脑是 别的 C 库"]),
        (1, {**MINE, "glibc": [2, 17], "python": [3, 7, 3]}, ["glibc 2.28", "Python 是 3.7.3"]),
        (1, {**MINE, "usual": False}, ["不是通常的 CPython"]),
    ],
)
def test_what_is_missing_is_said(at: int, machine: Mapping[str, Any], said: list[str]) -> None:
    found = list(install.wrong_machine(bundle(at), machine))
    assert len(found) == len(said)
    for sentence, part in zip(found, said, strict=True):
        assert part in sentence
        assert "处理办法：" in sentence
        sentence.encode("gbk")


def test_the_place_must_leave_room_for_windows_paths_and_for_the_files() -> None:
    here = bundle(0)
    assert list(install.wrong_place(here, "D:\\测算", 10**9)) == []
    (long,) = install.wrong_place(here, "D:\\" + "很长的文件夹\\" * 20, 10**9)
    assert "（143 个字符，最多 138 个）" in long
    assert list(install.wrong_place(here, "D" * 138, 10**9)) == []
    assert list(install.wrong_place(bundle(1), "/" + "长" * 250, 10**9)) == []
    (full,) = install.wrong_place(here, "D:\\测算", 12_345_678)
    assert "要 400 MB，还剩 12 MB" in full


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    whole, broken = b"whole", b"whole, but for this"
    files = {name: sha256(whole).hexdigest() for name in ("program/a.whl", "program/b.whl", "c")}
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "a.whl").write_bytes(whole)
    (tmp_path / "program" / "b.whl").write_bytes(broken)
    found = list(install.wrong_files({**bundle(1), "files": files}, str(tmp_path)))
    assert [sentence.partition("。")[0] for sentence in found] == [
        "缺文件，或者打不开：c",
        "文件损坏：program/b.whl 的校验码与清单不同",
    ]


def test_an_icon_says_its_path_as_such_files_want_it() -> None:
    line = install.desktop_entry('/home/张 三/10%"$').splitlines()[3]
    assert line == 'Exec=sh "/home/张 三/10%%\\\\"\\\\$/打开测算台.sh"'


def test_settings_of_the_user_do_not_lead_the_installer_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PIP_TARGET", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/elsewhere")
    assert "/elsewhere" not in install.clean().values()
    assert install.clean()["PATH"] == os.environ["PATH"]


@pytest.mark.system
@pytest.mark.skipif(os.name != "posix", reason="a script of Linux")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "没有找到 Python"), (["/nowhere/python3"], "/nowhere/python3 不能运行")],
)
def test_without_a_python_the_script_says_so(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "安装.sh").write_bytes((KIT / "安装.sh").read_bytes())
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(
        ["/bin/sh", str(tmp_path / "安装.sh"), *arguments],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path / "bin")},
    )
    assert done.returncode == 1
    assert said in done.stdout
    assert "处理办法：" in done.stdout


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def locked(*_: Any) -> None:
        raise PermissionError(13, "in use", str(tmp_path / "env" / "python.exe"))

    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "bundle.json").write_text('{"name": "x"}', encoding="utf-8")
    monkeypatch.setattr(install, "HERE", str(tmp_path))
    monkeypatch.setattr(install, "troubles", lambda *_: [])
    monkeypatch.setattr(install, "clear", locked)
    assert install.main() == 1
    said = capsys.readouterr().out
    assert "python.exe 写不进去（PermissionError）。处理办法：先关掉正在用的测算台" in said


@pytest.mark.system
def test_an_unfinished_installation_does_not_count_as_one(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "installed").write_text("x", encoding="utf-8")
    install.clear(str(tmp_path))
    assert list((tmp_path / "env").iterdir()) == []
    if os.name == "posix":
        (tmp_path / "打开测算台.sh").write_bytes((KIT / "打开测算台.sh").read_bytes())
        done = subprocess.run(
            ["sh", str(tmp_path / "打开测算台.sh")], capture_output=True, text=True
        )
        assert (done.returncode, "还没有安装" in done.stdout) == (1, True)


def test_this_machine_is_described_like_those_above() -> None:
    found = install.this_machine()
    assert found.keys() == MINE.keys()
    assert found["python"] == list(sys.version_info[:3])
