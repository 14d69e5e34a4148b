"""The pages of the site: each module has a function from the review to its pages."""
