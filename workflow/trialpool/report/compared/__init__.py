"""What the results say of each comparison: outcomes, the matrix of all, pages, small forests."""
