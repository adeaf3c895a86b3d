"""What goes wrong around publishing, on purpose, and the judge of what came of it: `make faults`."""
