"""One release at a time: the lock of an environment.

It is one item of the releases table with two halves. The *holder* is a release at work; it has a lease that it renews.
The *freeze* is a person's word that nothing is to be released; it has none. No two clocks are ever compared: whoever
meets a holder watches on its own clock whether the item moves.
"""
