"""The program, called as from a shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from transfer_opt.cli.main import main


def call(*arguments: str | Path) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)
