"""The agency's working day: rooms for the work, and the doors people and programs come in by."""
