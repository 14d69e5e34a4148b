"""The skeleton of the site: what a page may read, what a page is, how pages become a folder."""
