"""The marks of a forest plot and how each is painted."""
