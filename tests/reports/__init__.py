"""What is counted, and what it comes to."""
