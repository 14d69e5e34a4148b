"""Rules on means, rates, and what is published of them."""
