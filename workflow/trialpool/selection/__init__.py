"""Which rows enter a question's pool, and why each of the others does not."""
