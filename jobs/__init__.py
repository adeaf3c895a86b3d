"""The night shift: a dispatcher, workers and the thin jobs they run."""
