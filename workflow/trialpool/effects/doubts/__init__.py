"""Doubts about tables and pools: small functions from rows or a fit to warnings.

To add one about rows, write a function from `Rows` to doubts and enter it in `rows.RULES`;
one about a fit is a function from its record and goes into `fits` or `counted`.
"""
