"""IAM as far as it is enforced: who calls, what the call needs, and whether his policies allow it."""
