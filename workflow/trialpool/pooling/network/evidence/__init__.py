"""Where the evidence of a network estimate comes from, and whether its parts agree."""
