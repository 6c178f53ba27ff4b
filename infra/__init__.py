"""The infrastructure tier: a Pulumi program for everything that a release does not change."""
