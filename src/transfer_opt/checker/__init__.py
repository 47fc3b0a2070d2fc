"""The independent checkers: whether a certificate proves its optimum, and whether a contradiction is one.

They import the standard library alone, count in fractions and believe nothing that a solver said. An auditor who reads
one room reads this one.
"""
