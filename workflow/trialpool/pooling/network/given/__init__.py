"""Studies of a network from what is given: contrasts, rows of arms, counts."""
