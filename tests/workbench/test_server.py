"""The server lets in who was let in, changes only what the page asks for, and comes back from whatever is ended."""

from __future__ import annotations

import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from benches import Bench, figures, is_alive
from books import EQUALIZATION, EXAMPLE
from hostile import Hostile, hostile

from transfer_opt.workbench.server import MOST_AWAKE

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told by /proc"),
]
HOSTILE = [case for case in hostile() if case.name not in ("压缩炸弹-工作表", "百万空行")]
POOL = {"rule": "资金总额", "fund": EQUALIZATION, "parameter": "本年总额"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A server on the start page, shared by those who leave it as it is."""
    with Bench(tmp_path_factory.mktemp("keep")) as started:
        started.enter()
        yield started


@pytest.fixture(scope="module")
def session(bench: Bench) -> str:
    """The example, opened."""
    found = bench.post("/open", {"example": "1"})
    where = found.opened
    assert "已证明" in bench.proved(where)
    return where


def test_another_browser_gets_nothing(bench: Bench, session: str) -> None:
    for path in ("/", session, "/assets/page.js", f"{session}compare", f"{session}file/0", "/x"):
        found = bench.send("GET", path)
        assert (found.status, "示例" in found.text) == (403, False)
        assert bench.send("GET", path, cookie=bench.cookie[:-1] + "x").status == 403
    assert bench.send("GET", "/enter").status == 403
    assert bench.send("GET", "/enter?key=x&to=x").status == 403


def test_another_host_is_refused_even_with_the_cookie(bench: Bench, session: str) -> None:
    for host in ("evil.invalid", f"evil.invalid:{bench.port}", "127.0.0.1", "127.0.0.1:1", ""):
        assert bench.send("GET", session, cookie=bench.cookie, Host=host).status == 400
    found = bench.send("GET", session, cookie=bench.cookie, Host=f"localhost:{bench.port}")
    assert found.status == 200


def test_a_forged_change_is_refused(bench: Bench, session: str) -> None:
    before = bench.version(session)
    path = f"{session}act/slide"
    body = f"version={before}&fund=x&value=1".encode()
    kind = "application/x-www-form-urlencoded"
    for headers in (
        {},
        {"X_Token": "x"},
        {"X_Token": bench.token, "Origin": "http://evil.invalid"},
        {"X_Token": bench.token, "Origin": "null"},
        {"X_Token": bench.token, "Origin": f"https://127.0.0.1:{bench.port}"},
    ):
        found = bench.send("POST", path, body, cookie=bench.cookie, Content_Type=kind, **headers)
        assert found.status == 403
    assert bench.send("POST", path, body, X_Token=bench.token, Content_Type=kind).status == 403
    assert bench.send("POST", "/stop", b"", cookie=bench.cookie).status == 403
    assert bench.version(session) == before


def test_other_methods_change_nothing(bench: Bench, session: str) -> None:
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
        assert bench.send(method, session, cookie=bench.cookie).status == 405
    for path in ("/stop", "/open", f"{session}act/undo", f"{session}save", f"{session}halt"):
        assert bench.send("GET", path, cookie=bench.cookie).status == 405


def test_nothing_outside_leads_in_or_out(bench: Bench, session: str) -> None:
    for path in (
        "/assets/../server.py",
        "/assets/..%2fserver.py",
        "/assets/%2e%2e/server.py",
        "/assets//etc/passwd",
        "/assets/htmx.LICENSE",
        f"{session}file/../../../etc/passwd",
        f"{session}file/999",
        f"{session}file/-1",
        f"{session}file/x",
        f"{session}file/%2e%2e",
        "/etc/passwd",
    ):
        found = bench.get(path)
        assert found.status == 404, path
    for path in ("/s/none/", "/s/none/opening"):
        assert bench.get(path).headers["location"] == "/"
    assert bench.post("/s/none/act/undo", {}).headers["hx-redirect"] == "/"
    assert bench.post("/s/none/save", {}).headers["hx-redirect"] == "/"


def test_while_a_workbook_is_being_read_that_is_seen(tmp_path: Path) -> None:
    with Bench(tmp_path, EXAMPLE) as started:
        parts = urlsplit(started.address)
        found = started.send("GET", f"{parts.path}?{parts.query}")
        started.cookie = found.headers["set-cookie"].split(";")[0]
        waiting = started.get(found.headers["location"])
        assert "正在读取「qinghai.xlsx」" in waiting.text
        assert 'http-equiv="refresh" content="0; url=./"' in waiting.text
        assert "总额核对" in started.get(found.opened).text
        again = started.get(found.headers["location"])
        assert (again.status, again.headers["location"]) == (303, "./")


def test_every_answer_has_its_policy_and_is_not_kept(bench: Bench, session: str) -> None:
    for path in ("/", session, "/assets/page.css", "/s/none/", f"{session}file/99"):
        found = bench.get(path)
        assert found.headers["cache-control"] == "no-store"
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["referrer-policy"] == "no-referrer"
    policy = bench.get(session).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    entered = bench.send("GET", bench.address.partition(str(bench.port))[2])
    assert "HttpOnly" in entered.headers["set-cookie"]
    assert "samesite=strict" in entered.headers["set-cookie"].lower()


def test_a_file_that_is_too_large_is_refused_with_a_sentence(bench: Bench) -> None:
    found = bench.upload(bytes(60 * 2**20), "大.xlsx")
    assert found.status == 413
    assert "超过 50 MB，没有读" in found.text


def test_no_file_at_all_is_told(bench: Bench) -> None:
    assert "没有选文件" in bench.post("/open", {}).text
    assert "没有选文件" in bench.post("/open", {"recent": "../.."}).text


@pytest.mark.parametrize("case", HOSTILE[::13], ids=str)
def test_a_hostile_workbook_ends_with_its_problems(bench: Bench, case: Hostile) -> None:
    told_of(bench, case)


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_every_hostile_workbook_ends_with_its_problems(bench: Bench, case: Hostile) -> None:
    told_of(bench, case)


def told_of(bench: Bench, case: Hostile) -> None:
    found = bench.upload(case.make(), f"预算{case.suffix}")
    assert found.status == 200, found.text
    page = bench.get(found.opened)
    assert page.status == 200
    assert "程序出错" not in page.text
    if case.exit:
        assert re.search(case.says.split(".*")[0], page.text), page.text[-2000:]
        assert "个错误，改好以后再打开" in page.text
    else:
        assert 'id="result"' in page.text


def test_garbage_in_a_form_is_told_and_changes_nothing(bench: Bench, session: str) -> None:
    before = bench.version(session)
    for name, form in (
        ("slide", {}),
        ("slide", {"fund": EQUALIZATION, "value": "nan"}),
        ("slide", {"fund": "没有", "value": "1"}),
        ("set", {"rule": "x"}),
        ("repair", {"way": "x"}),
        ("none", {}),
        ("look", {"fund": "99"}),
    ):
        found = bench.act(session, name, **form)
        assert found.status == 200
        assert 'id="told" role="alert"' in found.text
        assert found.headers["hx-reswap"] == "none"
    assert bench.version(session) == before
    assert "已证明" in bench.proved(session)


def test_an_old_page_is_refused_and_drawn_anew(bench: Bench, session: str) -> None:
    old = bench.version(session)
    bench.act(session, "slide", fund=EQUALIZATION, value="1")
    for name in ("slide", "undo", "pin", "look", "reset"):
        form = {"version": old, "fund": EQUALIZATION, "value": "5", "name": "甲"}
        found = bench.post(f"{session}act/{name}", form)
        assert found.headers["hx-refresh"] == "true"
    saved = bench.post(f"{session}save", {"version": old, "name": "旧"})
    assert saved.headers["hx-refresh"] == "true"
    page = bench.get(session).text
    assert "另一个页面改过这个工作簿的方案，刚才点的没有做" in page
    assert "另一个页面改过" in bench.get(session).text, "a browser may draw the page twice"
    assert figures(page)["合  计"][0] == "2,840,480"
    bench.act(session, "undo")
    assert "另一个页面改过" not in bench.get(session).text


def test_two_workbooks_are_two_sessions(bench: Bench, session: str) -> None:
    other = bench.post("/open", {"example": "1"}).opened
    assert other != session
    before = figures(bench.get(session).text)
    bench.act(other, "slide", fund=EQUALIZATION, value="2")
    assert figures(bench.get(session).text) == before
    assert figures(bench.get(other).text) != before
    bench.act(other, "reset")


def test_a_worker_that_is_ended_goes_on_where_it_stood(bench: Bench) -> None:
    where = bench.post("/open", {"example": "1"}).opened
    bench.act(where, "slide", fund=EQUALIZATION, value="1")
    bench.act(where, "slide", fund=EQUALIZATION, value="2")
    before, version = figures(bench.get(where).text), bench.version(where)
    for number in bench.workers():  # the one that waits for the next workbook, too
        os.kill(number, signal.SIGKILL)
    assert bench.version(where) == version
    assert figures(bench.get(where).text) == before
    bench.act(where, "undo")
    assert figures(bench.get(where).text)["合  计"][0] == "2,840,480"
    bench.act(where, "reset")
    assert "总额核对" in bench.get(bench.post("/open", {"example": "1"}).opened).text


def test_many_workbooks_keep_few_processes_and_every_draft(tmp_path: Path) -> None:
    with Bench(tmp_path, EXAMPLE) as started:
        first = started.enter()
        unchanged = figures(started.get(first).text)
        started.act(first, "slide", fund=EQUALIZATION, value="1")
        before = figures(started.get(first).text)
        others = [started.post("/open", {"example": "1"}).opened for _ in range(4)]
        assert all("总额核对" in started.get(where).text for where in others)
        assert len(started.workers()) <= MOST_AWAKE + 1
        assert figures(started.get(first).text) == before
        started.act(first, "undo")
        assert figures(started.get(first).text) == unchanged


def test_halt_does_no_harm_to_who_waits_for_nothing(bench: Bench, session: str) -> None:
    before = figures(bench.get(session).text)
    assert bench.post(f"{session}halt", {}).status == 204
    assert figures(bench.get(session).text) == before


def test_what_is_being_worked_out_can_be_halted(bench: Bench, session: str) -> None:
    bench.act(session, "slide", fund=EQUALIZATION, value="3")
    before = figures(bench.get(session).text)
    asked = threading.Thread(target=bench.get, args=(f"{session}compare",))
    asked.start()
    time.sleep(0.4)
    bench.post(f"{session}halt", {})
    asked.join()
    page = bench.get(session).text
    assert "已停止计算，刚才点的没有做" in page
    assert figures(page) == before
    bench.act(session, "undo")


def test_saved_files_are_had_by_their_numbers(bench: Bench, session: str) -> None:
    bench.act(session, "slide", fund=EQUALIZATION, value="1")
    form = {"version": bench.version(session), "name": "会上定的"}
    told = bench.post(f"{session}save", form).text
    [number] = re.findall(r'href="file/(\d+)" download>示例_测算台', told)
    found = bench.get(f"{session}file/{number}")
    assert found.content[:2] == b"PK"
    assert "attachment" in found.headers["content-disposition"]
    assert found.headers["content-type"] == "application/octet-stream"
    assert bench.send("GET", f"{session}file/{number}").status == 403
    bench.act(session, "undo")


def gone(numbers: list[int]) -> bool:
    end = time.monotonic() + 20
    while any(map(is_alive, numbers)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(is_alive, numbers))


def test_a_killed_server_is_started_again_with_everything_there(tmp_path: Path) -> None:
    budget = tmp_path / "我的预算.xlsx"
    shutil.copy(EXAMPLE, budget)
    keep = tmp_path / "keep"
    with Bench(keep, budget) as first:
        where = first.enter()
        first.act(where, "slide", fund=EQUALIZATION, value="1")
        first.act(where, "pin", name="甲", by="丙", said="一句话")
        first.act(where, "slide", fund=EQUALIZATION, value="2")
        before, workers = figures(first.get(where).text), list(first.workers())
        first.process.kill()
        first.process.wait()
    assert gone(workers)
    with Bench(keep) as second:
        start = second.enter()
        assert start == "/"
        page = second.get("/").text
        [key] = re.findall(r'name="recent" value="(\w+)"', page)
        assert "我的预算.xlsx" in page
        where = second.post("/open", {"recent": key}).opened
        page = second.get(where).text
        assert figures(page) == before
        assert "<b>甲</b>" in page
        second.act(where, "undo")
        assert figures(second.get(where).text)["合  计"][0] == "2,840,480"
        second.get(f"{where}proof?version=0")  # then there is one more, for the next workbook
        workers = [second.process.pid, *second.workers()]
        assert len(workers) == 3
        assert "测算台已关闭" in second.post("/stop", {}).text
        assert second.process.wait(30) == 0
        assert gone(workers)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keep", "我的预算.xlsx"]
    assert budget.read_bytes() == EXAMPLE.read_bytes()


def test_a_port_that_is_taken_and_a_file_that_is_not_there_are_told(
    bench: Bench, tmp_path: Path
) -> None:
    for arguments, says in (
        (("--port", str(bench.port)), "已经有程序在用"),
        ((tmp_path / "没有.xlsx",), "找不到文件"),
    ):
        with pytest.raises(AssertionError, match=says), Bench(tmp_path / "keep", *arguments):
            pass
