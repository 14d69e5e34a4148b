"""Results for a reader: one typed table each, as text and as HTML."""
