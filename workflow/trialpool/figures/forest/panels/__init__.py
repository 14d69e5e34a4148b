"""Forest plots of several panels on one set of rows: two endpoints, or levels and their ratio."""
