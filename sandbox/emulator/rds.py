"""What moto lacks of RDS: creations that take time, and changes that wait for the maintenance window.

docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html: such a change is accepted and shown
among the PendingModifiedValues; the next modification with ApplyImmediately carries out all that is pending.
"""

from __future__ import annotations

from typing import Any, ClassVar

from moto.core.responses import ActionResult
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.responses import RDSResponse

from sandbox.emulator.arrivals import Arrivals

DEFERRED = ("DBInstanceClass", "MultiAZ", "AllocatedStorage", "StorageType", "EngineVersion")
"""Of the settings that wait (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html), those that
the platform has. The window itself never comes here."""
_NAMES = {
    "DBInstanceClass": "db_instance_class",
    "MultiAZ": "multi_az",
    "AllocatedStorage": "allocated_storage",
    "StorageType": "storage_type",
    "EngineVersion": "engine_version",
}
"""moto's."""


class DatabaseApi(RDSResponse):  # type: ignore[misc]
    """The class variable is set on the class that is installed."""

    arrivals: ClassVar[Arrivals]

    def create_db_instance(self) -> Any:
        answer = super().create_db_instance()
        self.arrivals.database(self.backend.databases[self.params["DBInstanceIdentifier"].lower()])
        return answer

    def reset_db_parameter_group(self) -> Any:
        """Parameters that are named go back to the engine's own values, which moto does not list."""
        name = self.params["DBParameterGroupName"]
        if name not in self.backend.db_parameter_groups:
            raise DBParameterGroupNotFoundError(name)
        for parameter in self.params.get("Parameters") or []:
            self.backend.db_parameter_groups[name].parameters.pop(parameter["ParameterName"], None)
        return ActionResult({"DBParameterGroupName": name})

    def modify_db_instance(self) -> Any:
        identifier = self.params["DBInstanceIdentifier"].lower()
        if identifier not in self.backend.databases:
            return super().modify_db_instance()
        database = self.backend.databases[identifier]
        pending = dict(getattr(database, "pending_modified_values", None) or {})
        pending |= {name: self.params.pop(name) for name in DEFERRED if self.params.get(name) is not None}
        pending = {name: value for name, value in pending.items() if getattr(database, _NAMES[name]) != value}
        if self.params.get("ApplyImmediately"):
            for name, value in pending.items():
                self.params[name] = value
            pending = {}
        super().modify_db_instance()
        database.pending_modified_values = pending
        return ActionResult({"DBInstance": database})
