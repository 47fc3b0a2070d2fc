"""The law as data: the model file, the case of one year, and the catalogues of rules, factors and objectives.

A rule, a factor or an objective is one pure function in its catalogue; the model file switches it on, gives its
parameters and cites its clause. No number of the policy stands in code.
"""
