"""The events of a release so far, folded into one value, for outputs that show the release as a whole."""

from __future__ import annotations

from appdeploy.ledger.new_entry import opening_entry
from appdeploy.ledger.writer import since_start, with_result
from appdeploy.lock.session import local_user
from appdeploy.model import events
from appdeploy.model.events import Event
from appdeploy.model.ledger_entry import Entry, ServiceEntry
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.plan import ReleasePlan, ServicePlan


class ReleaseFold:
    """A release as the ledger would have it, made from its events alone."""

    def __init__(self) -> None:
        self.entry: Entry | None = None
        """None before there is a plan."""
        self.plan: ReleasePlan | None = None
        self.changed = False
        """Whether ECS took an update, or AWS a step of a change of a count."""
        self.results: dict[str, ServiceResult] = {}
        """By service."""
        self.seconds: float | None = None
        """From the first write to the last outcome; None before that."""

    def apply(self, event: Event) -> None:
        """Take one event in; those that change nothing here are ignored."""
        match event:
            case events.Planned(plan):
                self.plan = plan
                self.entry = plan.entry or opening_entry(plan, plan.caller or local_user())
            case events.PreviousVersionResolved(plan):
                self._recall(plan)
            case events.CallerResolved(who):
                self._resolve_caller(who)
            case events.Registered(service, task_definition):
                wanted = self._service(service).target.model_copy(update={"task_definition": task_definition})
                self._change(service, target=wanted)
            case events.Started(service, deployment_id):
                self.changed = True
                self._change(service, deployment_id=deployment_id)
            case events.CountStep():
                self.changed = True
            case events.Finished(result):
                self._finish(result)
            case events.Ended():
                self.seconds = event.seconds

    def _recall(self, plan: ServicePlan) -> None:
        name = plan.contract.name
        self._change(name, previous=plan.previous.ref, target=plan.target.at(self._service(name).target.task_definition))

    def _resolve_caller(self, who: str) -> None:
        assert self.entry is not None
        self.entry = self.entry.model_copy(update={"who": who})

    def _finish(self, result: ServiceResult) -> None:
        # What was live may be reverted: its second result counts. What an earlier command had settled stays as it is.
        is_ours = result.service in self.results
        self.results[result.service] = result
        if self.entry is not None and (is_ours or not self._service(result.service).settled):
            self.entry = with_result(self.entry, since_start(self.entry, result))

    def _service(self, name: str) -> ServiceEntry:
        assert self.entry is not None  # Planned comes before any event of a service.
        return self.entry.services[name]

    def _change(self, name: str, **changes: object) -> None:
        assert self.entry is not None
        self.entry = self.entry.with_service(name, **changes)
