"""The raw tables: reading, checking, and what is compared with what."""
