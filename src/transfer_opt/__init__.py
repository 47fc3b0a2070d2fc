"""Allocates general fiscal transfers among counties by linear programming, workbook to workbook."""

__version__ = "0.1.0"
