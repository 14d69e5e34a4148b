"""Formats of bibliographic files: each reader turns a file into references, in its order."""
