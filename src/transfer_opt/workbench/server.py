"""The server: this machine only, one secret per start, every change a POST that shows it; the work is done by the workers."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from transfer_opt.workbench.autosave import Autosave
from transfer_opt.workbench.messages import Opening, Reply
from transfer_opt.workbench.templates import opening_page, start_page
from transfer_opt.workbench.worker import Worker

MOST_AWAKE = 3
"""Workbooks whose workers run at a time; an office computer has not the memory for every one opened in a day."""
LARGEST_UPLOAD = 51 * 2**20
"""Bytes of a request: a file of the size that reading allows, and a little around it."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ASSETS = {"page.css": "text/css", "page.js": "text/javascript", "htmx.min.js": "text/javascript"}
REFUSED = "这个页面只能从 transfer-opt open 打开的浏览器里看。"
NOTHING_CHOSEN = "没有选文件，或者那个工作簿已经不在了。"
HALTED = "已停止计算，刚才点的没有做。"
STOPPED = "测算台已关闭，这一页可以关掉了。没有保存的改动会留着，下次打开同一个工作簿时还在。"


@dataclass
class Running:
    """One session: its worker, and what is needed to start it again."""

    worker: Worker
    opening: Opening
    folder: Path
    """Where files for the browser to download are written."""
    beside: Path | None
    """Where the workbook lies; None where it was uploaded."""
    state: str = ""
    files: list[Path] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_opening: bool = True
    """The worker has been asked to open the workbook, and nobody has waited for its reply yet."""
    asked: float = field(default_factory=time.monotonic)
    """When it was last asked something."""
    is_halted: bool = False
    remark: str = ""
    """What the page is told once it is drawn anew."""


class Bench:
    """All sessions of one start."""

    def __init__(
        self, spare: Worker, autosave: Autosave, ledger: str | None, model: str | None
    ) -> None:
        """`spare` is a worker without a session."""
        self.secret, self.token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.autosave, self.ledger, self.model = autosave, ledger, model
        self.sessions: dict[str, Running] = {}
        self.stop: Any = lambda: None
        self._spare: Worker | None = spare

    def begin(
        self, path: Path, name: str, password: str | None = None, boundaries: Path | None = None
    ) -> str:
        """Have a workbook opened in a worker of its own; the key of the session."""
        worker, self._spare = self._spare or Worker(), None
        kept = self.autosave.kept(path)
        opening = Opening(
            str(path),
            name,
            self.token,
            self.model,
            password,
            str(boundaries) if boundaries else None,
            kept,
        )
        with suppress(OSError):  # a spare that has ended: whoever asks first starts another
            worker.put("open", opening)
        self._rest()
        key = secrets.token_urlsafe(12)
        beside = None if self.autosave.holds(path) else path.parent
        self.sessions[key] = Running(worker, opening, self.autosave.folder(path), beside)
        return key

    def _rest(self) -> None:
        """End the workers of the sessions that were asked longest ago: when asked again, they go on where they stood."""
        awake = sorted(self.sessions.values(), key=lambda running: running.asked)
        for running in awake[: max(len(awake) + 1 - MOST_AWAKE, 0)]:
            if running.lock.acquire(blocking=False):
                running.worker.end()
                running.lock.release()

    def ask(self, key: str, name: str, *values: Any) -> Reply:
        """A question to the worker of a session; one that has ended is started again where it stood."""
        running = self.sessions[key]
        with running.lock:
            running.asked = time.monotonic()
            try:
                reply = _asked(running, name, values)
            except (EOFError, OSError):
                running.worker = Worker()
                kept = running.state or running.opening.kept
                running.worker.ask("open", replace(running.opening, kept=kept))
                if running.is_halted:
                    running.is_halted = False
                    running.remark = HALTED
                    return Reply("", is_refusal=True, is_stale=True)
                reply = running.worker.ask(name, *values)
            if reply.state and reply.state != running.state:
                running.state = reply.state
                self.autosave.keep(Path(running.opening.path), running.opening.name, reply)
            running.files.extend(Path(path) for path in reply.files)
            if reply.is_stale:
                running.remark = reply.html
            elif (
                name == "act"
            ):  # what was said stands until something is done: a page may be drawn twice
                running.remark = ""
        if name == "proof" and self._spare is None:
            self._spare = Worker()  # the picture is there: now for the next workbook
        return reply

    def halt(self, key: str) -> None:
        """End what a session is working on, however long it would take; what was asked is not done."""
        running = self.sessions[key]
        if running.lock.locked():
            running.is_halted = True
            running.worker.end()

    def end(self) -> None:
        """All workers."""
        for running in self.sessions.values():
            running.worker.end()
        if self._spare:
            self._spare.end()


def _asked(running: Running, name: str, values: Sequence[Any]) -> Reply:
    """The reply of the worker, once it has opened the workbook."""
    if running.is_opening:
        running.is_opening = False
        reply = running.worker.reply()
        if name == "open":
            return reply
    return running.worker.ask(name, *values)


class Guard:
    """Lets in only who has the secret, under the loopback's own name, and changes only by a POST that shows the token."""

    def __init__(self, app: ASGIApp, bench: Bench, hosts: frozenset[str], cookie: str) -> None:
        self._app, self._bench, self._hosts, self._cookie = app, bench, hosts, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400, 403 or 413 to anybody else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is not None and refusal.status_code == 413:
            await _drained(receive)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return _plain("主机名不对。", 400)
        if request.url.path == "/enter":
            return None
        if not _same(request.cookies.get(self._cookie, ""), self._bench.secret):
            return _plain(REFUSED, 403)
        if request.method not in ("GET", "POST", "HEAD"):
            return _plain("不支持。", 405)
        if request.method == "POST":
            origin = request.headers.get("origin")
            if origin is not None and origin != f"http://{host}":
                return _plain(REFUSED, 403)
            if not _same(request.headers.get("x-token", ""), self._bench.token):
                return _plain(REFUSED, 403)
            size = request.headers.get("content-length", "")
            if not size.isdigit() or int(size) > LARGEST_UPLOAD:
                return _plain("文件超过 50 MB，没有读。删去无关的工作表和图片后再试。", 413)
        return None


async def _drained(receive: Receive) -> None:
    """Read what is sent and forget it, so that the browser gets round to hearing the answer."""
    while (await receive()).get("more_body"):
        pass


def application(bench: Bench, port: int) -> Starlette:
    """The routes."""
    cookie = f"transfer-opt-{port}"
    hosts = frozenset((f"127.0.0.1:{port}", f"localhost:{port}"))
    routes = _Routes(bench, cookie)
    return Starlette(
        routes=[
            Route("/enter", routes.enter),
            Route("/assets/{name}", routes.asset),
            Route("/", routes.start),
            Route("/open", routes.open, methods=["POST"]),
            Route("/stop", routes.stop, methods=["POST"]),
            Route("/s/{key}/opening", routes.opening),
            Route("/s/{key}/", routes.page),
            Route("/s/{key}/act/{name}", routes.act, methods=["POST"]),
            Route("/s/{key}/proof", routes.proof),
            Route("/s/{key}/compare", routes.compare),
            Route("/s/{key}/halt", routes.halt, methods=["POST"]),
            Route("/s/{key}/save", routes.save, methods=["POST"]),
            Route("/s/{key}/file/{number:int}", routes.file),
        ],
        middleware=[Middleware(Guard, bench=bench, hosts=hosts, cookie=cookie)],
    )


class _Routes:
    """One method per address."""

    def __init__(self, bench: Bench, cookie: str) -> None:
        self._bench, self._cookie = bench, cookie

    async def enter(self, request: Request) -> Response:
        """The first address: the secret in it becomes a cookie that scripts cannot read and other sites cannot send."""
        if not _same(request.query_params.get("key", ""), self._bench.secret):
            return _plain(REFUSED, 403)
        key = request.query_params.get("to", "")
        response = RedirectResponse(
            f"/s/{key}/opening" if key in self._bench.sessions else "/", 303
        )
        response.set_cookie(
            self._cookie, self._bench.secret, httponly=True, samesite="strict", path="/"
        )
        response.headers.update(HEADERS)
        return response

    async def asset(self, request: Request) -> Response:
        """Style and scripts, from the package alone."""
        name = request.path_params["name"]
        if name not in ASSETS:
            return _plain("没有这个文件。", 404)
        content = files("transfer_opt").joinpath("workbench", "assets", name).read_bytes()
        return Response(content, media_type=ASSETS[name], headers=HEADERS)

    async def start(self, _: Request) -> Response:
        """Where a workbook is chosen."""
        return _html(start_page(self._bench.token, self._bench.autosave.recent()))

    async def open(self, request: Request) -> Response:
        """An uploaded workbook, the example, or one of last time."""
        form = await request.form(max_files=1, max_fields=8)
        found = await asyncio.to_thread(self._chosen, form)
        if found is None:
            return _html(f'<div id="told" role="alert">{NOTHING_CHOSEN}</div>')
        path, name = found
        key = await asyncio.to_thread(
            self._bench.begin, path, name, str(form.get("password") or "") or None
        )
        return Response("", headers={**HEADERS, "HX-Redirect": f"/s/{key}/opening"})

    def _chosen(self, form: FormData) -> tuple[Path, str] | None:
        autosave = self._bench.autosave
        upload = form.get("file")
        if isinstance(upload, UploadFile) and upload.filename:
            return autosave.uploaded(upload.file.read(), upload.filename)
        if form.get("example"):
            return autosave.example()
        return autosave.earlier(str(form.get("recent") or ""))

    async def opening(self, request: Request) -> Response:
        """Something to look at while the workbook is being read."""
        running = self._running(request)
        if running is None or not running.is_opening:
            return RedirectResponse("./" if running else "/", 303, HEADERS)
        return _html(opening_page(running.opening.name))

    async def page(self, request: Request) -> Response:
        """The three columns, or what is wrong with the workbook."""
        running = self._running(request)
        if running is None:
            return RedirectResponse("/", 303, HEADERS)
        if not running.state:  # it had errors; by now they may be mended
            reply = await self._ask(request, "open", running.opening)
            if not running.state:
                return _html(reply.html)
        places = {
            "folder": str(running.beside or ""),
            "ledger": self._bench.ledger or "",
            "told": running.remark,
        }
        return _html((await self._ask(request, "page", places)).html)

    async def act(self, request: Request) -> Response:
        """One act of the user."""
        form = await request.form(max_files=0, max_fields=20)
        return await self._answer(request, "act", request.path_params["name"], _texts(form))

    async def proof(self, request: Request) -> Response:
        """Whether the answer shown is proved by now."""
        version = request.query_params.get("version", "")
        return await self._answer(request, "proof", int(version) if version.isdigit() else -1)

    async def compare(self, request: Request) -> Response:
        """The pinned scenarios side by side; the page brings a policy of its own."""
        if self._running(request) is None:
            return RedirectResponse("/", 303, HEADERS)
        reply = await self._ask(request, "compare")
        return HTMLResponse(reply.html, headers=HEADERS)

    async def halt(self, request: Request) -> Response:
        """End what is being worked out."""
        if self._running(request) is not None:
            await asyncio.to_thread(self._bench.halt, request.path_params["key"])
        return Response("", 204, HEADERS)

    async def save(self, request: Request) -> Response:
        """Write what is wished for; links to it where the browser is to download."""
        running = self._running(request)
        if running is None:
            return Response("", headers={**HEADERS, "HX-Redirect": "/"})
        form = _texts(await request.form(max_files=0, max_fields=20))
        here = running.beside if form.get("here") and running.beside else None
        before = len(running.files)
        wish = {**form, "folder": str(here or running.folder)}
        wish["ledger"] = self._bench.ledger or "" if form.get("ledger") else ""
        reply = await self._ask(request, "save", wish)
        if reply.is_refusal:
            return _shown(reply)
        links = (
            ""
            if here
            else "".join(
                f'<li><a href="file/{number}" download>{_escaped(path.name)}</a></li>'
                for number, path in enumerate(running.files[before:], start=before)
            )
        )
        return _html(reply.html + (f"<p>点名称下载：</p><ul>{links}</ul>" if links else ""))

    async def file(self, request: Request) -> Response:
        """A file that was written for this session, by its number alone."""
        running, number = self._running(request), request.path_params["number"]
        if running is None or number >= len(running.files) or not running.files[number].exists():
            return _plain("没有这个文件。", 404)
        path = running.files[number]
        headers = {
            **HEADERS,
            "Content-Disposition": f"attachment; filename*=utf-8''{quote(path.name)}",
        }
        return FileResponse(path, headers=headers, media_type="application/octet-stream")

    async def stop(self, _: Request) -> Response:
        """End the server once this is answered."""
        self._bench.stop()
        return _html(f'<header><h1>测算台</h1></header><main class="start"><p>{STOPPED}</p></main>')

    def _running(self, request: Request) -> Running | None:
        return self._bench.sessions.get(request.path_params["key"])

    async def _ask(self, request: Request, name: str, *values: Any) -> Reply:
        return await asyncio.to_thread(self._bench.ask, request.path_params["key"], name, *values)

    async def _answer(self, request: Request, name: str, *values: Any) -> Response:
        if self._running(request) is None:
            return Response("", headers={**HEADERS, "HX-Redirect": "/"})
        return _shown(await self._ask(request, name, *values))


def _texts(form: FormData) -> Mapping[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _html(text: str) -> Response:
    return HTMLResponse(text, headers={**HEADERS, "Content-Security-Policy": POLICY})


def _shown(reply: Reply) -> Response:
    response = _html(reply.html)
    if reply.is_refusal:
        response.headers["HX-Reswap"] = "none"
    if reply.is_stale:
        response.headers["HX-Refresh"] = "true"
    return response


def _plain(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, {**HEADERS, "Content-Security-Policy": POLICY})


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
