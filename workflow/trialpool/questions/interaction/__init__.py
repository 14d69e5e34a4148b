"""Interactions: whether an effect differs between levels of a marker, within trials."""
