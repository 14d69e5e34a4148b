"""One room per kind of question; `registry` alone lists them."""
