"""The only room that knows spreadsheets.

`files` opens and scans untrusted bytes, `input` understands what officials fill in, `output` writes results and
templates, `result` reads a result back; `graft`, `scenario_column` and `save` put sheets
and columns into a file and files into place.
"""
