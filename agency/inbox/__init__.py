"""What customers said: conversations, who holds them, and the queue over all brands."""
