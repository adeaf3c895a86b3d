"""What the checker knows of each language, as data: one TOML file per language."""
