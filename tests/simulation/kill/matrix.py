"""Cuts a command off before and after each of its calls, resumes it, and judges the end.

Between two calls the world is often the same: nothing was changed, and no time has passed. Such points share a *state*
and are resumed once. The command that is looked at goes on to its own end, which is judged as well.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from appdeploy.model.errors import Refused
from tests.simulation.kill.scenarios import EVERYTHING, FORMER, Scenario, begin, carry_on, read, set_up
from tests.simulation.kill.simulation import MortalWorld, open_mortal_world
from tests.simulation.kill.verdict import Before, Witness, before, wrongs

_AGAIN = 0.3
"""The share of the states in which the resuming is cut off as well."""

_READ_BEFORE = 0.2
"""The share of the states in which someone lists the releases before one is resumed, and settles what is open."""
_LONGER_THAN_A_LEASE = 40.0

Choose = Callable[[str], bool]
"""Takes a point, such as `after call 3 (GetItem)`: whether the state that it begins is resumed."""


@dataclass
class State:
    """A world in which a command was cut off, and all the points at which it was."""

    world: Any
    """A snapshot; None when this state was not chosen."""
    points: list[str] = field(default_factory=list)
    """Such as `before call 3 (GetItem)`."""

    @property
    def title(self) -> str:
        return self.points[0]


@dataclass
class Found:
    """What came of one scenario."""

    scenario: str
    points: int = 0
    """Before or after a call, among the states that were resumed."""
    states: int = 0
    """Different worlds that were resumed."""
    again: int = 0
    """How often the resuming was cut off too, and resumed."""
    nothing: int = 0
    """In how many states there was nothing to resume: the release had not begun, or was over."""
    wrong: list[str] = field(default_factory=list)


class Matrix:
    """The two platforms that scenarios begin with, ready to come back to."""

    def __init__(self, world: MortalWorld) -> None:
        self._world = world
        self._witness = Witness(world.entries, world.clients.dynamodb)
        self._new = world.snapshot()
        for version in FORMER:
            release = replace(EVERYTHING, version=version)
            set_up(world, release)
            begin(world, release)
        world.settle()
        self._released = world.snapshot()

    def run(self, scenario: Scenario, seed: int, choose: Choose, enough: Callable[[Found], bool] = lambda _: False) -> Found:
        """Cut the scenario's command off in the states that are chosen, and resume it each time, until it is enough."""
        world, dice, found = self._world, random.Random(f"{seed}/{scenario.name}"), Found(scenario.name)
        world.restore(self._released if scenario.released else self._new)
        random.seed(seed)
        set_up(world, scenario)
        then = before(self._witness)
        states = _look(world, lambda: begin(world, scenario), choose)
        world.settle()
        read(world)
        self._judge(scenario, then, "not killed", found)
        for state in _chosen(states):
            if enough(found):
                break
            self._resume(scenario, then, state, dice, found)
        return found

    def _resume(self, scenario: Scenario, then: Before, state: State, dice: random.Random, found: Found) -> None:
        found.states += 1
        found.points += len(state.points)
        again, seen = dice.random() < _AGAIN, itertools.count(1)
        self._world.restore(state.world)
        if dice.random() < _READ_BEFORE:
            self._world.pass_time(dice.choice((0.0, _LONGER_THAN_A_LEASE)))
            read(self._world)
        cuts = _look(self._world, lambda: _carry_on(self._world, found), lambda _: again and dice.random() < 1 / next(seen))
        self._judge(scenario, then, f"killed {state.title}", found)
        for cut in list(_chosen(cuts))[-1:]:  # The last of a shrinking chance: each state is as likely as any other.
            found.again += 1
            self._world.restore(cut.world)
            _carry_on(self._world, found)
            self._judge(scenario, then, f"killed {state.title}, and its resume {cut.title}", found)

    def _judge(self, scenario: Scenario, then: Before, how: str, found: Found) -> None:
        self._world.settle()
        wrong = wrongs(self._witness, scenario, then)
        read(self._world)
        wrong = wrong or wrongs(self._witness, scenario, then)
        if wrong:
            found.wrong.append(f"{scenario.name} {how}: {'; '.join(wrong)}")


def some(seed: object, share: float) -> Choose:
    """Choose that share of the states."""
    dice = random.Random(str(seed))
    return lambda _: dice.random() < share


@contextmanager
def open_matrix() -> Iterator[Matrix]:
    """The matrix, and no other clock or thread beside it for as long as it is open."""
    with open_mortal_world() as world:
        yield Matrix(world)


def _carry_on(world: MortalWorld, found: Found) -> None:
    try:
        carry_on(world)
    except Refused:
        found.nothing += 1


def _chosen(states: Iterable[State]) -> Iterator[State]:
    return (state for state in states if state.world is not None)


def _look(world: MortalWorld, command: Callable[[], object], choose: Choose) -> list[State]:
    """Run a command to its end. The states that it goes through, those that are chosen with a snapshot."""
    states: list[State] = []
    known: tuple[int, float] | None = None
    calls = 0

    def at_call(operation: str, after: bool) -> None:
        nonlocal known, calls
        calls += not after
        present = (world.changes, world.now())
        point = f"{'after' if after else 'before'} call {calls} ({operation})"
        if present != known:
            known = present
            states.append(State(world.snapshot() if choose(point) else None))
        states[-1].points.append(point)

    with world.looking(at_call):
        command()
    return states
