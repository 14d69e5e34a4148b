"""Survival curves: reconstructed individual data, and what can be estimated from them.

Arrays in, frozen records out; times keep the unit of the caller. lifelines is
imported where it is used, because it takes seconds to load.
"""
