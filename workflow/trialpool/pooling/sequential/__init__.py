"""How much a living pool could know, how much it knows, and what looking again and again costs."""
