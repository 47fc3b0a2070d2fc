"""The checks of an input workbook, each telling every problem of its kind."""
