"""Commands that draw a table or a record."""
