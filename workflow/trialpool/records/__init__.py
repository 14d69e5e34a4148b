"""Typed records: what flows from one stage to the next, and what result.json and its like hold."""
