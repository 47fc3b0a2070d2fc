"""The only room that knows spreadsheets.

`files` opens and scans untrusted bytes, `input` understands what officials fill in, `output` writes results and
templates, `result` reads a result back; `graft` and `save` put sheets into a file and files into place.
"""
