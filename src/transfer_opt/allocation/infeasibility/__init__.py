"""Where no allocation meets every rule: the smallest contradiction, in money, and the ways out."""
