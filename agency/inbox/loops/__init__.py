"""Feedback loops: a question about a case, put to somebody outside the desk, and their answer."""
