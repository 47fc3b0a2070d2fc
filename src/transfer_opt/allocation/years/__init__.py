"""This year and those after it: each on the amounts of the one before, or all of them in one program.

`horizon` makes each year's problem out of the budget and its outlook; `chain` solves them one after the other, `joint`
all together; `least_pool` says what a year's rules would have to be given; `projection` holds what came of it.
"""
