"""A question's result record: groups pooled, tested and put in words once."""
