"""What moto lacks of RDS: creations that take time."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.rds.responses import RDSResponse

from sandbox.emulator.arrivals import Arrivals


class DatabaseApi(RDSResponse):  # type: ignore[misc]
    """The class variable is set on the class that is installed."""

    arrivals: ClassVar[Arrivals]

    def create_db_instance(self) -> Any:
        answer = super().create_db_instance()
        self.arrivals.database(self.backend.databases[self.params["DBInstanceIdentifier"].lower()])
        return answer
