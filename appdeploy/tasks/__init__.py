"""One-off tasks: a command that runs once in a task of its own, in a service's network. Started, followed, judged."""
