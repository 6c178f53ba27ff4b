"""When to look at a rollout again: soon after a change, ever more rarely without one, and at the moment when ECS is due.

Much of what a rollout waits for has a length that is known: an old task's requests may finish for the deregistration delay,
then its containers get their stop timeout, and a bake takes the minutes that the service sets. So looks are close together
after such a moment, and far apart before it.
"""

from __future__ import annotations

import random
from typing import NamedTuple


class _Growth(NamedTuple):
    """How pauses grow since the last change or due moment: what took long may take a little longer."""

    shortest: float
    part: float
    """The next pause, as a part of the time since then."""


_SINCE_A_CHANGE = _Growth(1.0, 0.25)
_SINCE_IT_WAS_DUE = _Growth(0.5, 0.15)
_JITTER = 0.1
"""Pauses differ by this part, so that several commands do not call AWS in step."""
_LONGEST_SECONDS = 5.0


class Awaited(NamedTuple):
    """What a rollout waits for."""

    longest_pause: float = 2.5
    """Seconds by which an unforeseeable change, such as a crash, may be seen late."""
    due: tuple[float, ...] = ()
    """Moments at which ECS may have come further, in seconds since this is awaited."""


NOTHING_KNOWN = Awaited()
NOTHING_RUNS = Awaited(longest_pause=4.0)
"""Before the first new task runs: what ends then has had no traffic, and ECS itself takes a minute to start one."""
SOON = Awaited(longest_pause=_SINCE_A_CHANGE.shortest)
"""For what shows in nothing that changes."""


class Durations(NamedTuple):
    """How long ECS needs to take tasks away, and how long it watches. Seconds."""

    drain: float
    """The target group's deregistration delay; 0 without a load balancer."""
    stop: float
    """The longest stop timeout of the containers: an upper bound."""
    bake: float
    """The service's bake time."""

    @property
    def until_complete(self) -> Awaited:
        """Once all new tasks serve: old ones are taken away, and the end of that and of the bake is awaited alone."""
        gone = self.drain + self.stop
        return Awaited(_LONGEST_SECONDS, _moments(self.drain, gone, self.bake, gone + self.bake))

    @property
    def until_taken_back(self) -> Awaited:
        """Once ECS is asked to roll back: new tasks that had traffic are taken away as old ones are."""
        return Awaited(due=_moments(self.drain, self.drain + self.stop))


def _moments(*seconds: float) -> tuple[float, ...]:
    return tuple(sorted({each for each in seconds if each}))


class Pace:
    """The looks at one rollout. Moments are readings of one clock, in seconds."""

    def __init__(self, now: float) -> None:
        self._awaited = NOTHING_KNOWN
        self._since = now
        self._changed = now
        self.next_look = now

    def looked(self, now: float, awaited: Awaited, *, changed: bool, calls: int) -> None:
        """Decide the next look, after one at `now`. `calls` is what a look at all rollouts of the release takes.

        All readers of services in an account share 20 calls per second
        (docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html).
        """
        if awaited != self._awaited:
            self._awaited, self._since = awaited, now
        if changed:
            self._changed = now
        due = [self._since + seconds for seconds in awaited.due]
        last_due = max((moment for moment in due if moment <= now), default=self._changed)
        growth = _SINCE_IT_WAS_DUE if last_due > self._changed else _SINCE_A_CHANGE
        longest = max(awaited.longest_pause, min(awaited.longest_pause * calls, _LONGEST_SECONDS))
        pause = min(max((now - max(last_due, self._changed)) * growth.part, growth.shortest * calls), longest)
        jittered = now + pause * random.uniform(1 - _JITTER, 1 + _JITTER)
        self.next_look = min([jittered, *(moment for moment in due if moment > now)])
