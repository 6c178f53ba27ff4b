"""The platform's names, their certificate, and that nothing goes unencrypted."""

from __future__ import annotations

from infra.ingress.public import TLS_POLICY
from sandbox.account import PUBLIC_ZONE
from tests.infra.declared import declared
from tests.infra.mocked import ZONE, Recording, one_service, stack_settings

LISTENER = "aws:lb/listener:Listener"
RECORD = "aws:route53/record:Record"
STACKS = ("staging", "production")
HOSTS = {
    "staging": ["api.staging.axonflow.example", "portal.staging.axonflow.example"],
    "production": ["api.axonflow.example", "portal.axonflow.example"],
}


def test_one_certificate_has_every_host_and_is_proved_by_dns(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    [certificate] = recording.of("aws:acm/certificate:Certificate")
    assert [certificate.inputs["domainName"], *certificate.inputs["subjectAlternativeNames"]] == HOSTS[stack]
    proofs = {item.inputs["name"]: item.inputs for item in recording.of(RECORD) if item.inputs["type"] == "CNAME"}
    assert set(proofs) == {f"_proof.{host}" for host in HOSTS[stack]}
    [validation] = recording.of("aws:acm/certificateValidation:CertificateValidation")
    assert set(validation.inputs["validationRecordFqdns"]) == set(proofs)


def test_every_host_leads_to_the_public_load_balancer(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    aliases = {item.inputs["name"]: item.inputs for item in recording.of(RECORD) if item.inputs["type"] == "A"}
    assert set(aliases) == set(HOSTS[stack])
    for record in aliases.values():
        assert record["zoneId"] == ZONE
        assert record["aliases"][0]["name"].endswith("-public.elb.amazonaws.com")


def test_port_80_does_nothing_but_send_on_to_443(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    plain, encrypted = recording.one(LISTENER, "public-http").inputs, recording.one(LISTENER, "public-https").inputs
    [action] = plain["defaultActions"]
    assert action["redirect"] == {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}
    assert (encrypted["port"], encrypted["sslPolicy"]) == (443, TLS_POLICY)
    listeners = {rule.name: rule.inputs["listenerArn"] for rule in recording.of("aws:lb/listenerRule:ListenerRule")}
    assert {listeners[name].rsplit("/", 1)[1] for name in ("agent", "customer-portal")} == {"public-https"}


def test_the_address_is_the_platforms_own_name(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    assert recording.exports["url"] == f"https://{HOSTS[stack][0]}"


def test_a_zone_that_is_named_by_its_id_is_not_looked_up() -> None:
    config = one_service()
    config["axonflow:platform"]["domain"]["zone_id"] = "Z0123456789"
    recording = declared("staging", config)
    assert {item.inputs["zoneId"] for item in recording.of(RECORD)} == {"Z0123456789"}


def test_staging_without_a_domain_answers_plainly_under_the_load_balancers_name() -> None:
    config = stack_settings("staging")
    del config["axonflow:platform"]["domain"]
    recording = declared("staging", config)
    assert recording.exports["url"].startswith("http://af-stag-public")
    assert recording.of(RECORD) == []
    assert {item.name for item in recording.of(LISTENER)} == {"public-http", "internal-orchestrator"}


def test_the_sandbox_has_the_zone_of_the_stack_files() -> None:
    for stack in STACKS:
        assert stack_settings(stack)["axonflow:platform"]["domain"]["zone"] == PUBLIC_ZONE
