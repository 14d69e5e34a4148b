"""Effects explained by moderators."""
