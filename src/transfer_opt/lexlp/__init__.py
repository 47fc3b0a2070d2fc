"""The lexicographic linear program: one optimum, the only one, with its proof. Knows no county.

A program and a list of stages go in. Each stage minimises a sum, or raises the lowest level and then the next; what it
decides binds the stages after it. `solve` goes by floats and is checked, `exact` goes on in fractions where that does
not hold, `certificate` writes down the proof.
"""
