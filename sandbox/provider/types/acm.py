"""Certificates, and the wait for their validation."""

from __future__ import annotations

import time
from typing import Any

from sandbox.errors import SandboxError
from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType
from sandbox.provider.shape import LEAF

_ISSUED_WITHIN_SECONDS = 60.0
_POLL_SECONDS = 0.2


class Certificate(DeletedById):
    """A public certificate, validated by DNS records."""

    token = "aws:acm/certificate:Certificate"
    inputs = {"domainName": LEAF, "subjectAlternativeNames": LEAF, "validationMethod": LEAF}
    tagger = tagging.ACM
    delete_call = "acm", "delete_certificate", "CertificateArn"

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = tagging.pairs(inputs["tagsAll"])
        made = aws("acm").request_certificate(
            DomainName=inputs["domainName"],
            ValidationMethod=inputs["validationMethod"],
            **_unless_empty("SubjectAlternativeNames", inputs.get("subjectAlternativeNames")),
            **_unless_empty("Tags", tags),
        )
        return str(made["CertificateArn"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("acm").describe_certificate(CertificateArn=identifier))
        if found is None:
            return None
        certificate = found["Certificate"]
        options = sorted(certificate.get("DomainValidationOptions", []), key=lambda option: str(option["DomainName"]))
        others = set(certificate.get("SubjectAlternativeNames", [])) - {certificate["DomainName"]}
        return {
            "arn": identifier,
            "domainName": certificate["DomainName"],
            "subjectAlternativeNames": sorted(others),
            "status": certificate["Status"],
            # Of one option AWS says how it is validated; it is the same for all of them.
            "validationMethod": options[0]["ValidationMethod"] if options else "NONE",
            "domainValidationOptions": [
                {
                    "domainName": option["DomainName"],
                    "resourceRecordName": option["ResourceRecord"]["Name"],
                    "resourceRecordType": option["ResourceRecord"]["Type"],
                    "resourceRecordValue": option["ResourceRecord"]["Value"],
                }
                for option in options
            ],
        }


class CertificateValidation(ResourceType):
    """Nothing on AWS: creating it waits until the certificate is issued."""

    token = "aws:acm/certificateValidation:CertificateValidation"
    inputs = {"certificateArn": LEAF, "validationRecordFqdns": LEAF}

    def create(self, aws: Aws, inputs: Properties) -> str:
        arn = inputs["certificateArn"]
        deadline = time.monotonic() + _ISSUED_WITHIN_SECONDS
        while aws("acm").describe_certificate(CertificateArn=arn)["Certificate"]["Status"] != "ISSUED":
            if time.monotonic() > deadline:
                raise SandboxError(f"{arn} is not issued after {_ISSUED_WITHIN_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)
        return str(arn)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("acm").describe_certificate(CertificateArn=identifier))
        if found is None or found["Certificate"]["Status"] != "ISSUED":
            return None
        return {"certificateArn": identifier}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        """There is nothing to delete."""


def _unless_empty(name: str, value: Any) -> dict[str, Any]:
    return {name: value} if value else {}
