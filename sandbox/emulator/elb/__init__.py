"""Elastic Load Balancing's data plane: tasks that answer HTTP, health checks, listeners that forward by rule."""
