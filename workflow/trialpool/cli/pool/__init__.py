"""Commands that pool a table: effects, counts, moderators, networks."""
