"""What the sandbox's account holds before anything is built in it, as any account does that the platform is brought to."""

PUBLIC_ZONE = "axonflow.example"
"""The hosted zone of the stack files' domain: registered and delegated long before the first `pulumi up`."""
