"""A service's task count: sets it within autoscaling's bounds, and holds it by suspending autoscaling."""
