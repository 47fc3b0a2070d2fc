"""What every room stands on: exact numbers, arrays, linear expressions, names, texts, errors, plain tables.

Nothing here knows a county, a solver or a spreadsheet library. `vocabulary` binds every name that workbooks, model
file and program share; `budget` and `tables` are the records that cross the border to the workbooks.
"""
