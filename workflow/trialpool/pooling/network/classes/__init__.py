"""Class effects in a network: treatments of a declared class are alike, or equal."""
