"""The platform's DNS names: one certificate for all of them, and their records."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component
from infra.ingress.settings import DomainSettings

VALIDATION_TTL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """The zone, and the names that the certificate is for."""

    settings: DomainSettings
    hosts: tuple[str, ...]


class Certificate(Component):
    """A certificate that AWS renews by itself as long as its validation records stand."""

    TYPE = "axonflow:platform:Certificate"

    arn: pulumi.Output[str]
    """Known once the certificate is issued: a listener does not take one that is not."""
    zone_id: pulumi.Input[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.zone_id = args.settings.zone_id or _look_up(args.settings.zone)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.hosts[0],
            subject_alternative_names=list(args.hosts[1:]),
            validation_method="DNS",
            opts=self.child(),
        )
        records = [self._validation_record(certificate, host) for host in args.hosts]
        validated = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            opts=self.child(),
        )
        self.arn = validated.certificate_arn
        self.register_outputs({"arn": self.arn})

    def _validation_record(self, certificate: aws.acm.Certificate, host: str) -> aws.route53.Record:
        """With it Certificate Manager verifies that the name is ours
        (docs.aws.amazon.com/acm/latest/userguide/dns-validation.html)."""
        option = certificate.domain_validation_options.apply(
            lambda options: next(option for option in options if option.domain_name == host)
        )
        return aws.route53.Record(
            f"validation-{host}",
            zone_id=self.zone_id,
            name=option.apply(lambda found: str(found.resource_record_name)),
            type="CNAME",
            ttl=VALIDATION_TTL_SECONDS,
            records=[option.apply(lambda found: str(found.resource_record_value))],
            # The same name has the same record in every certificate: a renewal, or the other environment, finds it there.
            allow_overwrite=True,
            opts=self.child(),
        )


@dataclass(frozen=True, kw_only=True)
class DnsRecordsArgs:
    """The hosts, and the load balancer that their records point to."""

    zone_id: pulumi.Input[str]
    hosts: tuple[str, ...]
    dns_name: pulumi.Input[str]
    load_balancer_zone_id: pulumi.Input[str]


class DnsRecords(Component):
    """The alias records of the public load balancer."""

    TYPE = "axonflow:platform:DnsRecords"

    url: pulumi.Output[str]
    """Scheme and host of the first name, no path."""

    def __init__(self, name: str, args: DnsRecordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        records = [self._alias(host, args) for host in args.hosts]
        self.url = pulumi.Output.concat("https://", records[0].fqdn)
        self.register_outputs({"url": self.url})

    def _alias(self, host: str, args: DnsRecordsArgs) -> aws.route53.Record:
        alias = aws.route53.RecordAliasArgs(
            name=args.dns_name, zone_id=args.load_balancer_zone_id, evaluate_target_health=False
        )
        return aws.route53.Record(host, zone_id=args.zone_id, name=host, type="A", aliases=[alias], opts=self.child())


def _look_up(zone: str) -> pulumi.Output[str]:
    found = aws.route53.get_zone_output(name=zone, private_zone=False)
    return pulumi.Output.from_input(found.zone_id)
