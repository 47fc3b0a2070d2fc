"""Codes told on the page to click."""

from __future__ import annotations

from desks import desk as page

from sentences.commands_said import Say
from sentences.desk import Desk
from transfer_opt.core.errors import InputError
from transfer_opt.workbench.keeping import Wish, save
from transfer_opt.workbench.session import Pin


def looked_for(county: str) -> Say:
    """What is said of a county that is looked for."""

    def say(_: Desk) -> str:
        with page() as session:
            try:
                session.act("look", {"county": county})
            except InputError as error:
                return str(error)
            return ""

    return say


def kept(name: str) -> Say:
    """What is said of a draft that is saved under this name."""

    def say(desk: Desk) -> str:
        with page() as session:
            try:
                save(session, Wish(Pin(name, session.draft), desk.folder))
            except InputError as error:
                return str(error)
            return ""

    return say
