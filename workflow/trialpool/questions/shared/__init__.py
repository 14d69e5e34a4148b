"""What several kinds of question use."""
