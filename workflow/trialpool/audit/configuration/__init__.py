"""Rules on the configuration: what schemas cannot say."""
