"""Means, rates and what is published of them: from the cells of a raw table to an effect."""
