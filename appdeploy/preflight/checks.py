"""Judges the facts of each service. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

from appdeploy.aws.current_state import FoundImage, NoImage, NoRepository
from appdeploy.model.image import short
from appdeploy.preflight.answer import Unknown
from appdeploy.preflight.check import Check, Verdict
from appdeploy.preflight.reads import Candidate, Facts
from appdeploy.preflight.start_needs import MISSING, fault_of_image, faults_of_secrets
from appdeploy.watch.judge import all_run
from appdeploy.watch.routing import Ambiguous, NoLoadBalancer, Serving

_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
"""Names of ECS (RuntimePlatform) and of images (the OCI image index)."""


def judge_checks(candidate: Candidate, facts: Facts) -> Iterator[Check]:
    """All checks of one service."""
    for what, check in _CHECKS.items():
        finding = check(candidate, facts)
        service = candidate.plan.contract.name
        yield Check(service, what, finding.verdict, finding.found, finding.remedy, waivable=finding.waivable)


@dataclass(frozen=True)
class Finding:
    """The result of one check, without its service."""

    verdict: Verdict
    found: str
    remedy: str = ""
    waivable: bool = False


def _ok(found: str) -> Finding:
    return Finding(Verdict.OK, found)


def _no(found: str, remedy: str, *, waivable: bool = False) -> Finding:
    return Finding(Verdict.NO, found, remedy, waivable)


def _skip(found: str) -> Finding:
    return Finding(Verdict.SKIP, found)


def _service(candidate: Candidate, _: Facts) -> Finding:
    return _ok(f"{candidate.state.status}, {candidate.state.running} of {candidate.state.desired} tasks")


def _image(candidate: Candidate, _: Facts) -> Finding:
    match candidate.live.image:
        case FoundImage(digest, "ACTIVE"):
            return _ok(f"{short(digest)} is in ECR")
        case FoundImage(digest, status):
            return _no(f"{short(digest)} is {status} in ECR", "restore it, or release another version")
        case NoImage() | NoRepository():
            return _no(f"{candidate.plan.image} is not in ECR", "new tasks could not start: release another version")
        case None:
            return _skip("it runs by tag, so its digest is not known")


def _sidecars(candidate: Candidate, facts: Facts) -> Finding:
    if not candidate.sidecars:
        return _skip("it has none")
    found = facts.start.images
    faults = [
        f"{container} ({image}) {fault}"
        for container, image in candidate.sidecars
        if (fault := fault_of_image(found.get(image))) is not None
    ]
    if faults:
        return _no("; ".join(faults), "push it, or sync a template without it")
    there = [container for container, image in candidate.sidecars if isinstance(found.get(image), FoundImage)]
    skipped = [
        f"{container}: {answer.why if isinstance(answer := found.get(image), Unknown) else 'not in ECR of this region'}"
        for container, image in candidate.sidecars
        if container not in there
    ]
    if not there:
        return _skip("; ".join(skipped))
    return _ok("; ".join([f"the image of {', '.join(there)} is in ECR", *skipped]))


def _architecture(candidate: Candidate, facts: Facts) -> Finding:
    name = candidate.plan.contract.name
    if name not in facts.platforms:
        return _skip("the image is for a single architecture, which was not read")
    available = facts.platforms[name]
    if isinstance(available, Unknown):
        return _skip(available.why)
    if not available:
        return _skip("ECR returned no index of it")
    expected = candidate.plan.base.fields.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    if _ARCHITECTURES.get(expected, expected) in available:
        return _ok(f"the image has {_ARCHITECTURES.get(expected, expected)}")
    return _no(
        f"tasks run on {expected}, and the image has only {', '.join(sorted(available))}", "build it for that architecture"
    )


def _deployment(candidate: Candidate, facts: Facts) -> Finding:
    name, primary = candidate.plan.contract.name, candidate.state.primary
    if name not in facts.healthy:
        return _ok("none in progress")
    healthy = facts.healthy[name]
    wait = (
        f"wait for it (`appdeploy status -e {candidate.environment} -s {name} --wait`) or end it with"
        f" `appdeploy rollback -e {candidate.environment} -s {name}`, then run this again"
    )
    if isinstance(healthy, Unknown):
        return _no(f"one is in progress, and its tasks could not be read: {healthy.why}", wait)
    if primary is None or not all_run(primary) or healthy < primary.desired:
        progress = f"{primary.running} of {primary.desired} tasks" if primary else "no PRIMARY deployment"
        return _no(f"{primary.id if primary else 'one'} is still in progress ({progress}, {healthy} healthy)", wait)
    return _ok(f"{primary.id} is live and only drains old tasks; this release replaces it")


def _alarms(candidate: Candidate, facts: Facts) -> Finding:
    expected, states = candidate.state.settings.alarms, facts.alarms
    if not expected:
        return _skip("the service has no deployment alarms")
    if isinstance(states, Unknown):
        return _skip(states.why)
    missing = [name for name in expected if name not in states]
    if missing:
        return _no(f"{', '.join(missing)} does not exist", "run pulumi up")
    active = [name for name in expected if states[name] == "ALARM"]
    if active:
        # docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
        found = f"{', '.join(active)} is in ALARM, so ECS would not watch its alarms during this deployment"
        return _no(found, "fix that first", waivable=True)
    return _ok(f"{len(expected)} not in ALARM")


def _task_limits(candidate: Candidate, _: Facts) -> Finding:
    settings, count = candidate.state.settings, candidate.plan.desired_count
    desired = candidate.state.desired if count is None else count
    most, fewest = settings.max_running_tasks(desired), settings.min_healthy_tasks(desired)
    if most < 1 or (not candidate.plan.first and most <= desired <= fewest):
        limits = f"maximumPercent {settings.maximum_percent} and minimumHealthyPercent {settings.minimum_percent}"
        return _no(f"with {limits} of {desired} tasks ECS can neither start nor stop one", "change them in infra")
    return _ok(f"{fewest} to {most} tasks while {desired} are replaced")


def _exists(expected: Set[str], existing: Set[str] | Unknown, remedy: str) -> Finding:
    if not expected:
        return _skip("it uses none")
    if isinstance(existing, Unknown):
        return _skip(existing.why)
    missing = sorted(expected - existing)
    return _no(f"{', '.join(missing)} does not exist", remedy) if missing else _ok(", ".join(sorted(expected)))


def _roles(candidate: Candidate, facts: Facts) -> Finding:
    return _exists(candidate.needs.roles, facts.roles, "run pulumi up")


def _secrets(candidate: Candidate, facts: Facts) -> Finding:
    expected, found = candidate.needs.secrets, facts.start.secrets
    if not expected:
        return _skip("it uses none")
    if isinstance(found, Unknown):
        return _skip(found.why)
    faults = list(faults_of_secrets(expected, found))
    if not faults:
        return _ok(", ".join(sorted({reference.arn for reference in expected})))
    missing = all(fault.endswith(MISSING) for fault in faults)
    first = "create it" if missing else "give it a value (aws secretsmanager put-secret-value)"
    return _no("; ".join(faults), f"{first}, or sync a template without it")


def _parameters(candidate: Candidate, facts: Facts) -> Finding:
    return _exists(candidate.needs.parameters, facts.start.parameters, "create it, or sync a template without it")


def _log_groups(candidate: Candidate, facts: Facts) -> Finding:
    return _exists(candidate.needs.log_groups, facts.log_groups, "run pulumi up")


def _target_group(candidate: Candidate, facts: Facts) -> Finding:
    if isinstance(facts.routings, Unknown):
        return _skip(facts.routings.why)
    match facts.routings[candidate.plan.contract.name]:
        case NoLoadBalancer():
            return _skip("the service has no load balancer")
        case Serving(target_group):
            return _ok(target_group.split("/")[-2])
        case Ambiguous(why):
            return _no(why, "set the rule's weights to the group whose tasks serve")


_CHECKS: dict[str, Callable[[Candidate, Facts], Finding]] = {
    "service": _service,
    "deployment": _deployment,
    "image": _image,
    "sidecars": _sidecars,
    "architecture": _architecture,
    "alarms": _alarms,
    "room": _task_limits,
    "roles": _roles,
    "secrets": _secrets,
    "parameters": _parameters,
    "log groups": _log_groups,
    "target group": _target_group,
}
