"""DNS records of a hosted zone."""

from __future__ import annotations

from typing import Any

from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType
from sandbox.provider.shape import LEAF


class Record(ResourceType):
    """A record with values, or an alias of a load balancer. Its id is zone, name and type, as in the real provider.

    What an alias answers by is `fqdn`. Nobody resolves names in the sandbox, so there it is the address that the load
    balancer itself has instead of a DNS name.
    """

    token = "aws:route53/record:Record"
    inputs = {
        "zoneId": LEAF,
        "name": LEAF,
        "type": LEAF,
        "ttl": LEAF,
        "records": LEAF,
        "aliases": {"name": LEAF, "zoneId": LEAF, "evaluateTargetHealth": LEAF},
        "allowOverwrite": LEAF,
    }
    unchangeable = frozenset({"type"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        self._change(aws, "UPSERT" if inputs.get("allowOverwrite") else "CREATE", inputs)
        return f"{inputs['zoneId']}_{inputs['name'].rstrip('.')}_{inputs['type']}"

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        self._change(aws, "UPSERT", new)

    @staticmethod
    def _change(aws: Aws, action: str, inputs: Properties) -> None:
        change = {"Action": action, "ResourceRecordSet": _record_set(inputs)}
        aws("route53").change_resource_record_sets(HostedZoneId=inputs["zoneId"], ChangeBatch={"Changes": [change]})

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        zone, name, kind = identifier.split("_", 1)[0], *identifier.split("_", 1)[1].rsplit("_", 1)
        found = or_none(
            lambda: aws("route53").list_resource_record_sets(HostedZoneId=zone, StartRecordName=name, StartRecordType=kind)
        )
        record = next((item for item in (found or {}).get("ResourceRecordSets", []) if _is(item, name, kind)), None)
        if record is None:
            return None
        alias = record.get("AliasTarget")
        return {
            "zoneId": zone,
            "name": state.get("name", name),
            "type": kind,
            "fqdn": alias["DNSName"].rstrip(".") if alias else name,
            **({"ttl": record["TTL"]} if "TTL" in record else {}),
            **({"records": [value["Value"] for value in record["ResourceRecords"]]} if "ResourceRecords" in record else {}),
            **({"aliases": [_read_alias(alias)]} if alias else {}),
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        self._change(aws, "DELETE", state)


def _record_set(inputs: Properties) -> dict[str, Any]:
    record: dict[str, Any] = {"Name": inputs["name"], "Type": inputs["type"]}
    if "ttl" in inputs:
        record["TTL"] = inputs["ttl"]
    if "records" in inputs:
        record["ResourceRecords"] = [{"Value": value} for value in inputs["records"]]
    for alias in inputs.get("aliases", []):
        record["AliasTarget"] = {
            "DNSName": alias["name"],
            "HostedZoneId": alias["zoneId"],
            "EvaluateTargetHealth": alias["evaluateTargetHealth"],
        }
    return record


def _read_alias(alias: dict[str, Any]) -> Properties:
    return {
        "name": alias["DNSName"].rstrip("."),
        "zoneId": alias["HostedZoneId"],
        "evaluateTargetHealth": alias["EvaluateTargetHealth"],
    }


def _is(record: dict[str, Any], name: str, kind: str) -> bool:
    return bool(record["Name"].rstrip(".") == name and record["Type"] == kind)
