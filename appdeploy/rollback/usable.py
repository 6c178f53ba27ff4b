"""Whether a service could return to a rollback target and start its tasks. Nothing is changed.

A rollback must not wait for AWS: what does not answer in time, or may not be read, is no reason to leave a target out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_task_definition
from appdeploy.aws.errors import AwsError
from appdeploy.aws.parallel import with_timeout
from appdeploy.model.errors import Refused
from appdeploy.model.task_definition import TaskDefinition
from appdeploy.preflight.start_needs import read_start_needs

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.contract import ServiceContract
    from appdeploy.preflight.start_needs import StartNeeds

CHECK_SECONDS = 0.8
"""How long a rollback waits for the task definition of a target, and as long for all else of it; equal to CONTRACT_SECONDS,
for the same reason."""

FORGOTTEN = "ECS does not know the task definition any more"


@dataclass(frozen=True)
class Inspected:
    """What was found of one target."""

    definition: TaskDefinition
    """Unread if it could not be read in time."""
    problem: str | None
    """Why the service could not return to it; None if nothing speaks against it."""


def inspect(clients: Clients, contract: ServiceContract, task_definition: str, *, ask_ssm: bool) -> Inspected:
    """Read a target, and what its tasks need to start: two rounds of calls."""
    unread = TaskDefinition.unread(task_definition)
    try:
        definition = with_timeout(CHECK_SECONDS, lambda: describe_task_definition(clients.ecs, task_definition))
    except clients.ecs.exceptions.ClientException:
        return Inspected(unread, FORGOTTEN)
    except (TimeoutError, Refused, *AwsError):
        # Refused: it has fields that this SDK does not know, which a return does not copy.
        return Inspected(unread, None)
    needs = read_start_needs(clients, [definition], seconds=CHECK_SECONDS, ask_ssm=ask_ssm)
    return Inspected(definition, problem_of(definition, contract, needs))


def problem_of(definition: TaskDefinition, contract: ServiceContract, needs: StartNeeds) -> str | None:
    """Why the service could not return to it; None if nothing speaks against it.

    A deregistered definition is no problem: DescribeTaskDefinition still returns its content, which is registered again.
    """
    if contract.container not in definition.containers:
        return f"it has no container {contract.container}, only {', '.join(definition.containers)}"
    if definition.image_of(contract.container).digest is None:
        return "it names its image by tag, which may be another image now"
    return "; ".join(needs.problems(definition, contract.container)) or None
