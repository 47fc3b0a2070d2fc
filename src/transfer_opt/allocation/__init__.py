"""One case solved, rounded, proved and explained.

`Instance` is the one record of a problem; formulation writes it as a program, `optimum` climbs from the quickest way
to the surest, and every analysis is a function of the instance and its optimum.
"""
