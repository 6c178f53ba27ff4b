"""One release at a time: the lock of an environment.

It is one item of the releases table with two parts. The *holder* is a running release, which renews a lease. The *freeze*
is a person's request to release nothing; it has no lease. Clocks are never compared: a command that finds a holder
measures on its own clock whether the item changes.
"""
