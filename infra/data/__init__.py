"""Database and cache."""
