"""Reads every resource of a stack back from AWS by boto3, in the names of Pulumi's inputs."""

from __future__ import annotations

from collections.abc import Mapping

from tests.system.e2e.readers import compute, data, monitoring, network, storage
from tests.system.e2e.readers.model import Client, Reader, clients, differences

READERS: Mapping[str, Reader] = {**network.READERS, **data.READERS, **compute.READERS, **storage.READERS, **monitoring.READERS}

__all__ = ["READERS", "Client", "Reader", "clients", "differences"]
