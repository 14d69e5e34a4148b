"""The forest plot: from a record to rows, to places, to a drawn page."""
