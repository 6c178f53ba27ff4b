"""Metrics, alarms, topics, event rules, dashboards."""
