"""The outside world: platforms, accounts and items. Knows nothing of conversations."""
