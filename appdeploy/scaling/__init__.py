"""How many tasks a service runs: a person's count within autoscaling's bounds, and holds that keep autoscaling off it."""
