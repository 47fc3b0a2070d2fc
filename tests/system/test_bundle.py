"""The bundle for this computer is installed and used where there is no network, in a folder with blanks and Chinese."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from transfer_opt.core.version import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BUNDLES = ROOT / "dist" / "bundles"
NAME = f"transfer-opt-{__version__}-linux_x86_64"
CUT_OFF = ("unshare", "--map-root-user", "--net")
"""A network namespace of its own, in which there is nothing but a loopback that is down."""


def _reason() -> str:
    """Why the test cannot be run here; empty where it can."""
    if not (BUNDLES / f"{NAME}.zip").exists():
        return "make bundle was not run"
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "another computer than the bundle is for"
    if (
        not shutil.which("unshare")
        or subprocess.run([*CUT_OFF, "true"], capture_output=True).returncode
    ):
        return "network namespaces are not permitted here"
    return ""


@pytest.fixture(autouse=True)
def _possible() -> None:
    if reason := _reason():
        pytest.skip(reason)


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """A command without a network."""
    return subprocess.run(
        [*CUT_OFF, *map(str, command)],
        cwd=cwd,
        capture_output=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **variables},
    )


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bundle as unpacked, in a folder with blanks and Chinese."""
    if _reason():
        pytest.skip(_reason())
    folder = tmp_path_factory.mktemp("财政 局") / "测算 (新)"
    with zipfile.ZipFile(BUNDLES / f"{NAME}.zip") as archive:
        archive.extractall(folder)
    yield folder / NAME
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def installed(unpacked: Path) -> Path:
    """The same, installed, and what that said."""
    done = run("sh", "安装.sh", sys.executable, cwd=unpacked)
    said = done.stdout.decode()
    assert done.returncode == 0, said + done.stderr.decode()
    assert "没有错误" in said
    assert said.rstrip().endswith("从 用户手册.html 看起。")
    return unpacked


def test_here_there_is_really_no_network(tmp_path: Path) -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 3)"
    assert b"unreachable" in run(sys.executable, "-c", code, cwd=tmp_path).stderr


def test_every_file_is_what_the_list_says(unpacked: Path) -> None:
    said = json.loads((unpacked / "program" / "bundle.json").read_text(encoding="utf-8"))
    found = {
        path.relative_to(unpacked).as_posix()
        for path in (unpacked / "program" / "wheels").iterdir()
    }
    assert found < said["files"].keys()
    for name, digest in said["files"].items():
        assert sha256((unpacked / name).read_bytes()).hexdigest() == digest


def test_the_main_job_is_done_and_gives_the_bytes_that_it_gives_here(
    installed: Path, tmp_path: Path
) -> None:
    work = tmp_path / "工作 目录"
    work.mkdir()
    program = [installed / "env" / "bin" / "python", "-m", "transfer_opt"]
    for command in (
        ["init", "--example", "示例.xlsx"],
        ["check", "示例.xlsx"],
        ["solve", "示例.xlsx", "--ledger", "台账.db"],
        ["explain", "示例_分配结果.xlsx", "玛多县", "--range"],
        ["audit", "示例_分配结果.xlsx", "示例.xlsx"],
        ["compare", "示例.xlsx", "-o", "比较.xlsx", "--html", "比较.html"],
        ["export", "示例_分配结果.xlsx", "--format", "docx"],
        ["export", "示例_分配结果.xlsx", "--format", "pdf", "--ledger", "台账.db"],
        ["export", "示例_分配结果.xlsx", "--format", "csv"],
        ["history", "--ledger", "台账.db"],
    ):
        done = run(*program, *command, cwd=work)
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
    here = tmp_path / "here"
    here.mkdir()
    shutil.copy(work / "示例.xlsx", here)
    subprocess.run(
        [sys.executable, "-m", "transfer_opt", "export"]
        + [str(work / "示例_分配结果.xlsx"), "--format", "pdf", "-o", "附件.pdf"],
        cwd=here,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert (here / "附件.pdf").read_bytes() == (work / "示例_分配结果_附件.pdf").read_bytes()


def test_on_a_console_of_gbk_every_word_comes_through(installed: Path) -> None:
    program = [installed / "env" / "bin" / "python", "-m", "transfer_opt"]
    done = run(*program, "check", "示例.xlsx", cwd=installed, PYTHONIOENCODING="gbk")
    assert done.returncode == 0
    assert "没有错误" in done.stdout.decode("gbk")
    assert "?" not in done.stdout.decode("gbk")


def test_a_damaged_wheel_is_named_and_nothing_is_installed(installed: Path, tmp_path: Path) -> None:
    copy = tmp_path / NAME
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("env"))
    wheel = next((copy / "program" / "wheels").glob("numpy-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1])
    lost = next((copy / "program" / "wheels").glob("pandas-*.whl"))
    lost.unlink()
    done = run("sh", "安装.sh", sys.executable, cwd=copy)
    said = done.stdout.decode()
    assert done.returncode == 1
    assert f"文件损坏：program/wheels/{wheel.name}" in said
    assert f"缺文件，或者打不开：program/wheels/{lost.name}" in said
    assert not (copy / "env").exists()


def test_a_moved_folder_still_works(installed: Path, tmp_path: Path) -> None:
    moved = installed.with_name("挪 动")
    installed.rename(moved)
    try:
        done = run(moved / "env/bin/python", "-m", "transfer_opt", "--version", cwd=tmp_path)
    finally:
        moved.rename(installed)
    assert done.stdout.decode() == f"transfer-opt {__version__}\n"


OPENED = """
import fcntl, http.cookiejar, re, signal, socket, struct, subprocess, time, urllib.request
up = struct.pack("16sh", b"lo", 0x41)
fcntl.ioctl(socket.socket(), 0x8914, up)  # the loopback, and nothing else
page = subprocess.Popen(["sh", "打开测算台.sh"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
try:
    address = re.search(rb"http://127[.]0[.]0[.]1:([0-9]+)/[^ \\n]+", page.stdout.readline())
    for _ in range(100):  # the address is told before it answers
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(address[1]))) == 0:
                break
        time.sleep(0.2)
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    with urllib.request.build_opener(cookies).open(address[0].decode(), timeout=60) as answer:
        print(answer.status, "测算台" in answer.read().decode())
finally:
    page.send_signal(signal.SIGINT)
    page.wait(30)
"""


def test_the_page_opens_without_a_network(installed: Path, tmp_path: Path) -> None:
    done = run(
        *(sys.executable, "-c", OPENED),
        cwd=installed,
        HOME=str(tmp_path),
        BROWSER="/bin/true",
        PYTHONIOENCODING="utf-8",
    )
    assert done.stdout.decode() == "200 True\n", done.stderr.decode()
