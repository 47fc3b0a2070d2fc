"""The independent checkers: whether a certificate proves its optimum, and whether a contradiction is one.

They import the standard library alone, count in fractions and believe nothing that a solver said. An auditor who reads
one room reads this one.
"""

from transfer_opt.checker import optimality as certificate

__all__ = ["certificate"]
"""「transfer_opt.certificate」: the name by which every result tells of the checker."""
