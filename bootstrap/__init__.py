"""What an account needs before the platform's own program can run in it."""
