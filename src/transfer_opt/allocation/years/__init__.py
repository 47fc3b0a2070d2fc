"""This year and those after it: each on the amounts of the one before, or all of them in one program.

`horizon` makes each year's problem out of the budget and its outlook; `chain` solves them one after the other, `joint`
all together; `least_pool` says what pools a year needs at least, `bottleneck` which rule costs most. What came of it is a `Projection`.
"""
