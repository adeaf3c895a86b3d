"""How a brand speaks: its guide, the checks made from it, and its reply guidelines."""
