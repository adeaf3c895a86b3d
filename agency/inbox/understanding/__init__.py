"""What a customer's text says of itself: language, sentiment, what it wants, how urgent, about what. Pure."""
