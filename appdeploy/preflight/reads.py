"""Reads what the checks judge: in parallel, each shared resource once. Nothing is changed.

At most 10 calls, one for each image of a sidecar in ECR, and 8 for each service: two roles, one log group, one image index,
and three for a deployment in progress.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from appdeploy.aws.clients import THREADS
from appdeploy.aws.current_state import FoundImage, LiveService
from appdeploy.model.ecs_state import ServiceState, Task
from appdeploy.model.image import EcrRepository, ImageReference
from appdeploy.model.plan import ServicePlan
from appdeploy.preflight.answer import Answer, Unknown
from appdeploy.preflight.dependencies import Dependencies, dependencies_of
from appdeploy.preflight.start_needs import StartNeeds, chunks, read_start_needs
from appdeploy.watch.routing import NoLoadBalancer, Routing, Serving, read_resolved_groups, read_weights, routing

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients

T = TypeVar("T")

_ALARMS = 100
_BATCH = 20
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")


@dataclass(frozen=True)
class Candidate:
    """A service that will be changed, with what was read for its plan."""

    environment: str
    plan: ServicePlan
    live: LiveService
    state: ServiceState

    @property
    def needs(self) -> Dependencies:
        """The resources of its base revision."""
        return dependencies_of(self.plan.base)

    @property
    def sidecars(self) -> tuple[tuple[str, ImageReference], ...]:
        """The other containers of its base revision, with their images."""
        return self.plan.base.sidecars(self.plan.contract.container)


@dataclass(frozen=True)
class Facts:
    """What was read. Every set holds the requested names that exist."""

    alarms: dict[str, str] | Unknown
    """States by name."""
    roles: frozenset[str] | Unknown
    start: StartNeeds
    """Secrets, parameters, and images of sidecars."""
    log_groups: frozenset[str] | Unknown
    routings: dict[str, Routing] | Unknown
    """By service."""
    platforms: dict[str, frozenset[str] | Unknown]
    """Architectures by service, for images that are an index."""
    healthy: dict[str, int | Unknown]
    """Healthy new tasks by service, for those with a deployment in progress."""


def read_facts(clients: Clients, cluster: str, candidates: Sequence[Candidate]) -> Facts:
    """Read what is needed to judge these services."""
    needs = [candidate.needs for candidate in candidates]
    with ThreadPoolExecutor(THREADS) as pool:

        def ask(read: Callable[..., T], *arguments: Any) -> Answer[T]:
            return Answer(pool.submit(read, *arguments))

        alarms = ask(_alarms, clients, _all(candidate.state.settings.alarms for candidate in candidates))
        roles = [ask(_role, clients, name) for name in _all(need.roles for need in needs)]
        bases = [candidate.plan.base for candidate in candidates]
        # The image of the application itself was looked up for the plan.
        sidecars = [image for candidate in candidates for _, image in candidate.sidecars]
        start = pool.submit(read_start_needs, clients, bases, images=sidecars)
        groups = [ask(_log_group, clients, name) for name in _all(need.log_groups for need in needs)]
        routings = ask(_routings, clients, candidates)
        indexes = [candidate for candidate in candidates if is_index(candidate.live)]
        platforms = {item.plan.contract.name: ask(_platforms, clients, item) for item in indexes}
        coming = [candidate for candidate in candidates if _under_way(candidate.state)]
        found = routings.get()
        healthy = {item.plan.contract.name: ask(_healthy, clients, cluster, item, found) for item in coming}
        return Facts(
            alarms=alarms.get(),
            roles=_joined(roles),
            start=start.result(),
            log_groups=_joined(groups),
            routings=found,
            platforms={name: answer.get() for name, answer in platforms.items()},
            healthy={name: answer.get() for name, answer in healthy.items()},
        )


def is_index(live: LiveService) -> bool:
    """Whether the target image is an index of images by architecture."""
    return isinstance(live.image, FoundImage) and live.image.media_type in _INDEXES


def _under_way(state: ServiceState) -> bool:
    return any(deployment.in_progress for deployment in state.deployments)


def _all(names: Iterable[Iterable[str]]) -> list[str]:
    return sorted({name for group in names for name in group})


def _joined(answers: Iterable[Answer[frozenset[str]]]) -> frozenset[str] | Unknown:
    found: set[str] = set()
    for answer in answers:
        one = answer.get()
        if isinstance(one, Unknown):
            return one
        found |= one
    return frozenset(found)


def _alarms(clients: Clients, names: Sequence[str]) -> dict[str, str]:
    states: dict[str, str] = {}
    for chunk in chunks(names, _ALARMS):
        reply = clients.cloudwatch.describe_alarms(AlarmNames=chunk, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        states.update((item["AlarmName"], item["StateValue"]) for item in reply["MetricAlarms"])
        states.update((item["AlarmName"], item["StateValue"]) for item in reply["CompositeAlarms"])
    return states


def _role(clients: Clients, name: str) -> frozenset[str]:
    try:
        return frozenset({clients.iam.get_role(RoleName=name)["Role"]["RoleName"]})
    except clients.iam.exceptions.NoSuchEntityException:
        return frozenset()


def _log_group(clients: Clients, name: str) -> frozenset[str]:
    # Log groups are sorted, so the first one with this prefix is the name itself, if it exists.
    reply = clients.once.logs.describe_log_groups(logGroupNamePrefix=name, limit=1)
    return frozenset(item["logGroupName"] for item in reply["logGroups"] if item["logGroupName"] == name)


def _routings(clients: Clients, candidates: Sequence[Candidate]) -> dict[str, Routing]:
    balanced = [item for item in candidates if item.plan.contract.target_groups]
    revisions = sorted({arn for item in balanced for arn in item.state.revisions})
    rules = sorted({item.plan.contract.listener_rule for item in balanced if item.plan.contract.listener_rule})
    resolved: dict[str, frozenset[str]] = {}
    for chunk in chunks(revisions, _BATCH):
        resolved.update(read_resolved_groups(clients.ecs, chunk))
    weights: dict[str, dict[str, int]] = {}
    for chunk in chunks(rules, _BATCH):
        weights.update(read_weights(clients.elbv2, chunk))
    return {
        item.plan.contract.name: routing(
            item.plan.contract.target_groups,
            frozenset().union(*(resolved.get(arn, frozenset()) for arn in item.state.revisions)),
            weights.get(item.plan.contract.listener_rule) if item.plan.contract.listener_rule else None,
        )
        for item in candidates
    }


def _platforms(clients: Clients, candidate: Candidate) -> frozenset[str]:
    repository = EcrRepository.parse(candidate.plan.contract.repository)
    image = candidate.live.image
    assert isinstance(image, FoundImage), "only an image that was found is an index"
    reply = clients.ecr.batch_get_image(
        registryId=repository.account,
        repositoryName=repository.name,
        imageIds=[{"imageDigest": image.digest}],
        acceptedMediaTypes=list(_INDEXES),
    )
    manifests = [entry for item in reply["images"] for entry in json.loads(item["imageManifest"]).get("manifests", [])]
    return frozenset(entry.get("platform", {}).get("architecture", "unknown") for entry in manifests)


def _healthy(clients: Clients, cluster: str, candidate: Candidate, routings: dict[str, Routing] | Unknown) -> int:
    """How many tasks of the newest deployment are healthy in the serving target group. Three calls.

    Only the first hundred tasks are counted: a count that is too low only makes the release wait.
    """
    primary = candidate.state.primary
    name = candidate.plan.contract.name
    found = NoLoadBalancer() if isinstance(routings, Unknown) else routings[name]
    listed = clients.ecs.list_tasks(cluster=cluster, serviceName=candidate.state.name, desiredStatus="RUNNING")["taskArns"]
    if not listed or primary is None:
        return 0
    described = clients.ecs.describe_tasks(cluster=cluster, tasks=listed)["tasks"]
    ours = [task for task in map(Task.from_reply, described) if task.started_by == primary.id and task.status == "RUNNING"]
    if not isinstance(found, Serving):
        return len(ours) if isinstance(found, NoLoadBalancer) and not isinstance(routings, Unknown) else 0
    targets = clients.elbv2.describe_target_health(TargetGroupArn=found.target_group)["TargetHealthDescriptions"]
    healthy = {item["Target"]["Id"] for item in targets if item.get("TargetHealth", {}).get("State") == "healthy"}
    return sum(1 for task in ours if task.addresses & healthy)
