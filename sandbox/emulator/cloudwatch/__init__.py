"""CloudWatch from the emulated world's own data: metrics, metric math, alarms, their messages."""
