"""Whether policies allow something. Pure: statements and a request in, a decision out.

The logic of one account without resource policies and organisations
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html): a deny anywhere decides; else one of the
caller's own policies must allow it, and so must every limit set to them: the permissions boundary, the session's policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.emulator.iam.policy import Statement


@dataclass(frozen=True)
class Ask:
    """One permission that a call needs."""

    action: str
    """As policies write it: `ecs:UpdateService`."""
    resource: str
    """An ARN, or `*` for an action that knows no resource."""
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys in lower case with the request's values."""


@dataclass(frozen=True)
class Allowed:
    """It is allowed."""

    by: frozenset[tuple[str, str]]
    """Policy and Sid of each statement of the caller's own that allows it."""


@dataclass(frozen=True)
class Refused:
    """It is not allowed."""

    because: str
    """In AWS's words, which follow `because` in its messages
    (docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html)."""


Decision = Allowed | Refused


@dataclass(frozen=True)
class Limit:
    """Policies that grant nothing and without which nothing is granted."""

    kind: str
    """`permissions boundary` or `session policy`."""
    statements: Sequence[Statement]


def decide(ask: Ask, own: Iterable[Statement], limits: Sequence[Limit] = ()) -> Decision:
    """The decision about one permission. The order of the statements makes no difference."""
    applying = [statement for statement in own if _applies(statement, ask)]
    within = {limit.kind: [item for item in limit.statements if _applies(item, ask)] for limit in limits}
    for kind, statements in (("identity-based policy", applying), *within.items()):
        if any(not statement.allows for statement in statements):
            return Refused(f"with an explicit deny in {_a(kind)}")
    if not applying:
        return Refused(f"because no identity-based policy allows the {ask.action} action")
    for kind, statements in within.items():
        if not statements:
            return Refused(f"because no {kind} allows the {ask.action} action")
    return Allowed(frozenset((statement.source, statement.sid) for statement in applying))


def _applies(statement: Statement, ask: Ask) -> bool:
    return (
        statement.actions.match(ask.action)
        and statement.resources.match(ask.resource)
        and all(condition.holds(ask.context) for condition in statement.conditions)
    )


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
