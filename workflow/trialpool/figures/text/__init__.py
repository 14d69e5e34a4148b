"""Texts: the shipped fonts, widths, writing from right to left, subsets for embedding."""
