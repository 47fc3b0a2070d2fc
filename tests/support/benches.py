"""`transfer-opt open` as a process of its own, and a plain browser of it: cookie, token, forms."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode, urlsplit

SOURCES = Path(__file__).parents[2] / "src"
PATIENCE = 120.0
"""Seconds after which what is waited for has not come."""


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def opened(self) -> str:
        """The page of the workbook to which it leads, over the one that is seen while it is being read."""
        where = self.headers.get("location") or self.headers["hx-redirect"]
        assert where.endswith("/opening"), where
        return where.removesuffix("opening")


class Bench:
    """A started server; it is stopped on the way out."""

    def __init__(self, keep: Path, *arguments: str | Path) -> None:
        self._command = [
            *(sys.executable, "-m", "transfer_opt", "open", "--no-browser", "--keep", str(keep)),
            *map(str, arguments),
        ]

    def __enter__(self) -> Bench:
        self.process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout
        self.said = self.process.stdout.readline()
        found = re.search(r"http://\S+", self.said)
        if not found:
            said = self.said + self.process.stdout.read()
            self.__exit__(None, None, None)
            raise AssertionError(said)
        self.address = found[0]
        self.port = int(urlsplit(self.address).port or 0)
        self.cookie = self.token = ""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request as it stands; names of headers with _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            found = connection.getresponse()
            headers = {name.lower(): value for name, value in found.getheaders()}
            return Answer(found.status, headers, found.read())
        finally:
            connection.close()

    def enter(self) -> str:
        """Come in by the first address; where it leads."""
        parts = urlsplit(self.address)
        found = self.send("GET", f"{parts.path}?{parts.query}")
        assert found.status == 303, found.text
        self.cookie = found.headers["set-cookie"].split(";")[0]
        where = found.headers["location"]
        where = found.opened if where != "/" else where
        self.token = re.findall(r'"X-Token": "([^"]+)"', self.get(where).text)[0]
        return where

    def get(self, path: str) -> Answer:
        """A page, as the browser asks that came in."""
        return self.send("GET", path, cookie=self.cookie)

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """A form, with everything that the page sends."""
        return self.send(
            "POST",
            path,
            urlencode(form).encode(),
            cookie=self.cookie,
            X_Token=self.token,
            Content_Type="application/x-www-form-urlencoded",
        )

    def upload(self, content: bytes, name: str, fields: Mapping[str, str] = {}) -> Answer:  # noqa: B006
        """A file on the start page."""
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
        return self.send(
            "POST",
            "/open",
            b"".join(parts) + f"--{mark}--\r\n".encode(),
            cookie=self.cookie,
            X_Token=self.token,
            Content_Type=f"multipart/form-data; boundary={mark}",
        )

    def act(self, session: str, name: str, /, **form: str) -> Answer:
        """An act on the page as it stands."""
        return self.post(f"{session}act/{name}", {"version": self.version(session), **form})

    def version(self, session: str) -> str:
        """Of the page as it stands."""
        [found] = re.findall(r'name="version" value="(\d+)"', self.get(session).text)
        return str(found)

    def proved(self, session: str) -> str:
        """The page, once everything is known."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            page = self.get(session).text
            if "badge wait" not in page and "正在" not in _result(page):
                return page
            time.sleep(0.1)
        raise AssertionError("nothing is proved")

    def workers(self) -> Sequence[int]:
        """Processes that the server has started, by their numbers."""
        return children(self.process.pid)


def children(parent: int) -> list[int]:
    """Processes that compute, started by a process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            told = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"spawn_main" in told and fields[0] != "Z":
            found.append(int(entry.name))
    return sorted(found)


def is_alive(number: int) -> bool:
    """Whether a process runs."""
    try:
        return (Path("/proc") / str(number) / "stat").read_text().rpartition(")")[2].split()[
            0
        ] != "Z"
    except OSError:
        return False


def figures(page: str) -> dict[str, tuple[str, ...]]:
    """The table of counties: name → the figures beside it."""
    found = {}
    for row in re.findall(
        r"<tr class=\"(?:unit|total|subtotal)[^>]*>(.*?)</tr>", _table(page), re.S
    ):
        texts = [
            re.sub(r"<[^>]+>", "", each).strip()
            for each in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        found[texts[0].lstrip("▾▸ ")] = tuple(texts[1:])
    return found


def _table(page: str) -> str:
    return page.partition('id="counties"')[2].partition("</table>")[0]


def _result(page: str) -> str:
    return page.partition('id="result"')[2].partition("</section>")[0]
