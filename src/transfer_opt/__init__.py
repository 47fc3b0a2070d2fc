"""Allocates general fiscal transfers among counties by linear programming, workbook to workbook."""

from transfer_opt.core.version import __version__

__all__ = ["__version__"]
