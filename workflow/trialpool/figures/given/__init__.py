"""Records for what was pooled outside the pipeline, so that one drawing fits all."""
