"""An AWS account for unit tests: an environment with services in it, the record of calls, and the faults that are planned."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import EndpointConnectionError
from moto.core.exceptions import JsonRESTError

from appdeploy.ledger.store import Ledger
from appdeploy.model.ledger_entry import Entry
from tests.support.fake_ecs import FakeEcs
from tests.support.fake_surroundings import FakeSurroundings
from tests.support.fake_table import LOCK, TABLE, FakeTable
from tests.support.release_scenario import (
    DIGESTS,
    LONG_AGO,
    AwsSays,
    FakeService,
    Moment,
    crashed,
    described,
    platform_contract,
    service_contract,
    task_definition_arn,
)


class _Direct:
    """As much of a DynamoDB client as reading the ledger takes."""

    def __init__(self, table: FakeTable) -> None:
        self._table = table

    def query(self, **request: Any) -> Any:
        return self._table.call("Query", request)


@dataclass(frozen=True)
class Kill:
    """The end of a command that holds the lock, at its next call of an operation."""

    operation: str
    after: bool = False
    """Whether that call still takes effect."""


class FakeAws(FakeEcs, FakeSurroundings):
    """Answers calls, and records them as (service, operation, parameters)."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.table = FakeTable()
        self.answers: dict[str, list[Any]] = {}
        """Per operation: exceptions to raise or AwsSays to answer with, used up in turn before the usual answer."""
        self.after: dict[str, list[Exception]] = {}
        """Per operation: raised after the call took effect."""
        self.dead = False
        """Whether the command was killed: nothing that it still tries happens."""
        self.kill: Kill | None = None
        """When the command is to be killed."""

    def environment(self, *services: FakeService, versions: tuple[str, ...] = ("v1", "v2")) -> None:
        """Write a contract for these services, and push the versions to each repository."""
        self.parameters["platform"] = platform_contract().dump()
        for service in services:
            contract = service.contract
            self.parameters[f"services/{contract.name}"] = contract.dump()
            self.services[contract.service] = service
            for index, version in enumerate(versions):
                repository = contract.repository.split("/", 1)[1]
                pushed = {"imageDigest": DIGESTS[version], "imageTags": [version], "imagePushedAt": LONG_AGO + timedelta(index)}
                self.images[f"{repository}:{version}"] = pushed
            template = contract.template.rsplit("/", 1)[1]
            self.task_definitions[contract.template] = described(
                template, f"{contract.repository}:unreleased", contract.container
            )

    def released(self, name: str = "agent", version: str = "v1", **changes: Any) -> FakeService:
        """A service that runs a version."""
        contract = service_contract(name, **changes)
        revision = f"{contract.family}:4"
        tags = {"axonflow:version": version, "axonflow:template": contract.template, "team": "platform", "aws:ours": "no"}
        image = f"{contract.repository}@{DIGESTS[version]}"
        self.task_definitions[task_definition_arn(revision)] = described(revision, image, contract.container, tags)
        return FakeService(contract, task_definition_arn(revision))

    def scripted(self, *script: Moment, after_stop: Sequence[Moment] = ()) -> FakeService:
        """An environment with one released service, whose next rollout follows that script."""
        service = self.released()
        service.script, service.after_stop = list(script), list(after_stop)
        self.environment(service)
        return service

    def crashing(self) -> FakeService:
        """The same of a release whose tasks crash; once it is stopped, ECS rolls it back."""
        back = Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED")
        return self.scripted(Moment(), Moment((crashed(1), crashed(2))), after_stop=[back])

    def remember(self, service: FakeService, *steps: tuple[str, str], template: str | None = None) -> None:
        """Give the service a history of versions with a status each, oldest first; it runs what it ran."""
        contract = service.contract
        history = [(contract.template, "SUCCESSFUL")]
        for version, status in steps:
            arn = task_definition_arn(f"{contract.family}:{version[1:]}")
            image = f"{contract.repository}@{DIGESTS[version]}"
            tags = {"axonflow:version": version, "axonflow:template": template or contract.template}
            self.task_definitions.setdefault(arn, described(arn.rsplit("/", 1)[1], image, contract.container, tags))
            history.append((arn, status))
        service.history = tuple(history)
        last = [arn for arn, status in history if status == "SUCCESSFUL"][-1]
        service.task_definition = last

    def move_template(self, service: FakeService, change: Callable[[dict[str, Any]], None] = lambda fields: None) -> str:
        """infra makes the next revision of the template, changed so, and names it in the contract. Returns its ARN."""
        former = service.contract.template
        name, number = former.rsplit("/", 1)[1].rsplit(":", 1)
        arn = task_definition_arn(f"{name}:{int(number) + 1}")
        self.task_definitions[arn] = copy.deepcopy(self.task_definitions[former])
        self.task_definitions[arn]["taskDefinition"]["taskDefinitionArn"] = arn
        change(self.task_definitions[arn]["taskDefinition"])
        service.contract = service.contract.model_copy(update={"template": arn})
        self.parameters[f"services/{service.contract.name}"] = service.contract.dump()
        return arn

    def unreleased(self, name: str = "agent", **changes: Any) -> FakeService:
        """A service as infra made it."""
        contract = service_contract(name, **changes)
        return FakeService(contract, contract.template, desired=0)

    @property
    def lock_item(self) -> dict[str, Any]:
        """The lock's item, without its key."""
        return {name: value for name, value in self.table.get(LOCK).items() if name not in LOCK}

    @lock_item.setter
    def lock_item(self, item: dict[str, Any]) -> None:
        self.table.delete(LOCK)
        if item:
            self.table.put({**LOCK, **item})

    def let_lease_pass(self) -> None:
        """Free the lock, as it is for others once its dead holder has been still for a lease."""
        self.lock_item = {name: value for name, value in self.lock_item.items() if name != "holder"}

    @property
    def ledger(self) -> list[Entry]:
        """The ledger's entries, newest first."""
        return Ledger(self.direct, TABLE).newest(100)

    @property
    def direct(self) -> Any:
        """A client of the table that leaves no trace among the calls."""
        return _Direct(self.table)

    @property
    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls that change what runs; those of the lock are in `lock_writes`."""
        return self._writes(lambda service: service == "ecs")

    @property
    def lock_writes(self) -> list[tuple[str, dict[str, Any]]]:
        """The writes of the releases table."""
        return [(name, params) for name, params in self._writes(lambda service: service == "dynamodb") if name != "Query"]

    def _writes(self, wanted: Callable[[str], bool]) -> list[tuple[str, dict[str, Any]]]:
        reading = ("Describe", "List", "Get", "BatchGet")
        return [
            (operation, params)
            for service, operation, params in self.calls
            if wanted(service) and not operation.startswith(reading)
        ]

    def count(self, operation: str) -> int:
        return sum(1 for _, name, _ in self.calls if name == operation)

    def answer(self, service: str, operation: str, params: dict[str, Any]) -> Any:
        if self.dead:
            return EndpointConnectionError(endpoint_url="killed")
        kill = self.kill if self.kill and self.kill.operation == operation and "holder" in self.lock_item else None
        reply = self._answer(service, operation, params) if kill is None or kill.after else None
        if kill:
            self.kill, self.dead = None, True
            raise KeyboardInterrupt
        return reply

    def _answer(self, service: str, operation: str, params: dict[str, Any]) -> Any:
        self.calls.append((service, operation, params))
        planned = self.answers.get(operation, [])
        if planned:
            return planned.pop(0)
        is_table = service == "dynamodb"
        reply = self._table_call(operation, params) if is_table else getattr(self, f"_{operation}")(params)
        late = self.after.get(operation, [])
        return late.pop(0) if late else reply

    def _table_call(self, operation: str, params: dict[str, Any]) -> Any:
        try:
            return self.table.call(operation, params)
        except JsonRESTError as refused:
            body = json.loads(refused.description or "{}")
            more = {"CancellationReasons": body["CancellationReasons"]} if "CancellationReasons" in body else {}
            return AwsSays(refused.error_type.rsplit("#", 1)[-1], str(refused.message), more=more)
