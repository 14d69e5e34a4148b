"""Commands on survival curves."""
