"""What certificates, records and encrypted listeners are read back as, and that a refresh sees what someone changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.errors import SandboxError
from sandbox.provider.functions import FUNCTIONS
from sandbox.provider.types import RESOURCE_TYPES
from tests.support.inprocess_aws import InProcessAws

CERTIFICATE = RESOURCE_TYPES["aws:acm/certificate:Certificate"]
VALIDATION = RESOURCE_TYPES["aws:acm/certificateValidation:CertificateValidation"]
RECORD = RESOURCE_TYPES["aws:route53/record:Record"]
ZONE = "aws:route53/getZone:getZone"
HOSTS = ["api.read.example", "portal.read.example"]


@pytest.fixture
def zone(aws: InProcessAws) -> Iterator[str]:
    made = aws("route53").create_hosted_zone(Name="read.example", CallerReference="test")["HostedZone"]["Id"]
    yield str(made).removeprefix("/hostedzone/")
    aws("route53").delete_hosted_zone(Id=made)


def test_the_account_is_the_callers(aws: InProcessAws) -> None:
    _, identify = FUNCTIONS["aws:index/getCallerIdentity:getCallerIdentity"]
    assert identify(aws, {})["accountId"] == "123456789012"


def test_a_certificate_reads_back_with_a_proof_for_each_name(aws: InProcessAws) -> None:
    made = aws.make(CERTIFICATE, domainName=HOSTS[0], subjectAlternativeNames=HOSTS[1:], validationMethod="DNS")
    live = made.read()
    assert (live["domainName"], live["subjectAlternativeNames"], live["validationMethod"]) == (HOSTS[0], HOSTS[1:], "DNS")
    assert [option["domainName"] for option in live["domainValidationOptions"]] == HOSTS
    waited = aws.make(VALIDATION, certificateArn=live["arn"], validationRecordFqdns=[])
    assert waited.read()["certificateArn"] == live["arn"]


def test_a_record_reads_back_and_a_change_by_hand_shows(aws: InProcessAws, zone: str) -> None:
    made = aws.make(RECORD, zoneId=zone, name="proof.read.example", type="CNAME", ttl=300, records=["there.example"])
    assert (made.read()["ttl"], made.read()["records"], made.read()["fqdn"]) == (300, ["there.example"], "proof.read.example")
    changed = {"Name": "proof.read.example", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "else.example"}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": changed}]}
    aws("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    assert (made.read()["ttl"], made.read()["records"]) == (60, ["else.example"])
    made.change(ttl=600)
    assert made.read()["ttl"] == 600
    made.delete()
    assert made.live is None


def test_an_alias_answers_where_its_load_balancer_does(aws: InProcessAws, zone: str) -> None:
    alias = {"name": "127.0.0.1:8443", "zoneId": "Z215JYRZR1TBD5", "evaluateTargetHealth": False}
    made = aws.make(RECORD, zoneId=zone, name="api.read.example", type="A", aliases=[alias])
    assert (made.read()["fqdn"], made.read()["aliases"]) == ("127.0.0.1:8443", [alias])
    made.delete()


def test_a_zone_is_looked_up_by_name(aws: InProcessAws, zone: str) -> None:
    _, look_up = FUNCTIONS[ZONE]
    assert look_up(aws, {"name": "read.example", "privateZone": False})["zoneId"] == zone
    with pytest.raises(SandboxError, match=r"there are 0 hosted zones nowhere\.example"):
        look_up(aws, {"name": "nowhere.example", "privateZone": False})
