"""What goes in and out of each subject of the API, with the same names as the subjects."""
