"""Who benefits: the effect in one level of a marker against that in another."""
