"""Plans `appdeploy config set` and `unset`: a restart that first writes settings. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from appdeploy.aws.errors import refusing
from appdeploy.model.errors import Refused
from appdeploy.model.operation import Restart
from appdeploy.model.plan import NoChange, ReleasePlan, ServicePlan
from appdeploy.model.release_id import ReleaseId, new_release_id
from appdeploy.plan.prepare import Prepared, prepare
from appdeploy.plan.prepare import Request as RestartRequest
from appdeploy.settings.setting import Setting, changes, refuse_unread
from appdeploy.settings.store import first_value, read_history, read_settings
from appdeploy.settings.tasks import task_creation_times

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients

KIND = "config"

Values = Callable[["Clients", Mapping[str, Setting]], Mapping[str, str]]
"""Returns the target values, given the current settings."""


@dataclass(frozen=True)
class Request:
    """What the user requested."""

    environment: str
    service: str
    """Short name."""
    values: Values
    incident: str | None = None
    """Why it ignores a closed window and alarms; None when it does not."""
    release_id: ReleaseId = field(default_factory=lambda: new_release_id(KIND), compare=False)


def setting(assignments: Mapping[str, str]) -> Values:
    """The given values."""
    return lambda clients, present: assignments


def unsetting(environment: str, service: str, keys: Sequence[str]) -> Values:
    """The values with which infra created these settings. Raises Refused if SSM does not have one any more."""

    def values(clients: Clients, present: Mapping[str, Setting]) -> Mapping[str, str]:
        known = [key for key in keys if key in present]
        found = {key: first_value(read_history(clients.ssm, environment, service, key)) for key in known}
        missing = [key for key, value in found.items() if value is None]
        if missing:
            command = f"`appdeploy config set {service} {missing[0]}=VALUE -e {environment}`"
            raise Refused(f"{service}: SSM no longer has the first value of {', '.join(missing)}: set one with {command}")
        return {key: found.get(key) or "" for key in keys}

    return values


def prepare_config(request: Request, clients: Clients) -> ReleasePlan:
    """Read and decide. Raises Refused."""
    prepared = _restart(request, clients)
    prepared.cleared()
    return _with_settings(request, prepared, clients).plan


def prepare_config_plan(request: Request, clients: Clients) -> Prepared:
    """The same with its preflight, whatever that says. Raises Refused."""
    return _with_settings(request, _restart(request, clients), clients)


def _restart(request: Request, clients: Clients) -> Prepared:
    return prepare(RestartRequest(request.environment, Restart(), (request.service,), request.incident), clients)


def _with_settings(request: Request, prepared: Prepared, clients: Clients) -> Prepared:
    plan = prepared.plan
    with refusing(f"the settings of {request.service} could not be read"):
        present = read_settings(clients.ssm, request.environment, request.service)
        target = request.values(clients, present)
        differing = changes(request.service, request.environment, target, present)
        _refuse_unread(prepared, request, list(target))
        [service] = plan.services
        unchanged = not differing and _all_tasks_have(clients, plan, service, [present[key] for key in target])
    assert isinstance(service, ServicePlan), "a restart changes every service it does not refuse"
    changed = replace(
        plan,
        release_id=request.release_id,
        purpose=f"{request.service}: {', '.join(f'{key}={value}' for key, value in target.items())} in {request.environment}",
        services=(_unchanged(service, target) if unchanged else replace(service, settings=differing),),
    )
    return replace(prepared, plan=changed)


def _unchanged(service: ServicePlan, target: Mapping[str, str]) -> NoChange:
    return NoChange(service.contract, service.previous, f"all tasks already have this value of {', '.join(target)}")


def _all_tasks_have(clients: Clients, plan: ReleasePlan, service: ServicePlan | NoChange, settings: Sequence[Setting]) -> bool:
    newest = max(setting.modified for setting in settings)
    return all(made > newest for made in task_creation_times(clients.ecs, plan.cluster, service.contract.service))


def _refuse_unread(prepared: Prepared, request: Request, keys: Sequence[str]) -> None:
    [live] = prepared.live
    assert live.running is not None, "a restart is refused where nothing runs"
    refuse_unread(request.service, request.environment, live.running, live.contract.container, keys)
