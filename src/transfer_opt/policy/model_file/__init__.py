"""The model file (TOML) → ModelSpec, and everything that is wrong with it, told in one run."""
