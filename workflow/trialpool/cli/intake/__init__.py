"""Commands that take evidence in."""
