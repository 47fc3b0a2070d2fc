"""What the worker answers: each question of the server is one function that returns a piece of the page."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from transfer_opt.core.errors import InputError, Problem, TransferOptError
from transfer_opt.intake.prepare import read_budget
from transfer_opt.report.web.map import Area, areas
from transfer_opt.workbench import render
from transfer_opt.workbench.messages import Opening, Reply
from transfer_opt.workbench.session import Pin, Session

STALE = "另一个页面改过这个工作簿的方案，刚才点的没有做；这一页已换成最新的。"


class Answering:
    """One session, once a workbook is opened."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._token = ""
        self._areas: Sequence[Area] = ()
        self._is_free = threading.Event()
        """Set while nobody waits for an answer."""

    def reply(self, name: str, values: Sequence[Any]) -> Reply:
        """Never raises: what goes wrong is told on the page.

        Nothing is proved beside while a piece of the page is being written, nor before the first one is.
        """
        self._is_free.clear()
        told = self._replied(name, values)
        if name != "open":
            self._is_free.set()
        return told

    def _replied(self, name: str, values: Sequence[Any]) -> Reply:
        questions: Mapping[str, Callable[..., Reply]] = {
            "open": self.open,
            "page": self.page,
            "act": self.act,
            "proof": self.proof,
            "compare": self.compare,
            "save": self.save,
        }
        try:
            return questions[name](*values)
        except InputError as error:
            return self._refused(render.refusal(error.problems))
        except TransferOptError as error:
            return self._refused(render.refused(str(error)))
        except Exception as error:  # the page goes on; the report holds no data
            frames = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__}，{Path(frames.filename).name}:{frames.lineno}"
            return self._refused(render.refused(f"程序出错（不是您的数据问题）：{where}。"))

    def open(self, opening: Opening) -> Reply:
        """Read a workbook; where it has errors, the page lists them and there is no session."""
        self._token = opening.token
        given = None
        try:
            given = read_budget(
                opening.path,
                Path(opening.model) if opening.model else None,
                password=opening.password,
            )
            self._session = Session(given, opening.kept, self._is_free)
        except InputError as error:
            return Reply(render.problem_page(opening.token, given, opening.name, error.problems))
        if opening.boundaries:
            codes = {str(code) for code in self._session.desk.prepared.settings.recipients.code}
            self._areas = areas(Path(opening.boundaries), codes)
        return self._told("")

    def page(self, places: Mapping[str, str]) -> Reply:
        """The three columns; `places` says where files and the ledger would be."""
        return self._told(render.whole_page(self._opened, self._token, places, self._areas))

    def act(self, name: str, form: Mapping[str, str]) -> Reply:
        """One act; an old page is told so and nothing is done."""
        session = self._opened
        if form.get("version") != str(session.version):
            return self._told_stale()
        session.act(name, form)
        return self._told(render.after_act(session, name, form, self._areas))

    def proof(self, version: int) -> Reply:
        """Whether everything is known by now."""
        return self._told(render.after_proof(self._opened, version, self._areas))

    def compare(self) -> Reply:
        """The pinned scenarios side by side: the page of `compare`."""
        from transfer_opt.workbench.keeping import comparison_page  # not for the first picture

        return self._told(comparison_page(self._opened))

    def save(self, form: Mapping[str, str]) -> Reply:
        """Write what is wished for; of an old page nothing, as it shows other figures."""
        from transfer_opt.workbench.keeping import Wish, save  # not for the first picture

        session = self._opened
        if form.get("version") != str(session.version):
            return self._told_stale()
        name, by, date, said = (form.get(key, "").strip() for key in ("name", "by", "date", "said"))
        wish = Wish(
            Pin(name, session.draft, by, date, said),
            Path(form["folder"]),
            bool(form.get("result")),
            bool(form.get("comparison")),
            bool(form.get("docx")),
            form.get("ledger", ""),
        )
        saved = save(session, wish)
        told = "".join(f"<p>{escape(line)}</p>" for line in saved.told)
        return Reply(
            told,
            self._opened.state(),
            len(self._opened.draft.cells),
            tuple(str(path) for path in saved.files),
        )

    @property
    def _opened(self) -> Session:
        if self._session is None:
            raise InputError([Problem("E490", "没有打开的工作簿。")])
        return self._session

    def _told_stale(self) -> Reply:
        return replace(self._told(STALE), is_refusal=True, is_stale=True)

    def _refused(self, html: str) -> Reply:
        return replace(self._told(html), is_refusal=True)

    def _told(self, html: str) -> Reply:
        session = self._session
        if session is None:
            return Reply(html)
        return Reply(html, session.state(), len(session.draft.cells))
