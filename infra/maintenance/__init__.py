"""One-off tasks and the weekly maintenance."""
