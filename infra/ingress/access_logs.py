"""The bucket of the load balancers' access logs: they alone write to it, and entries expire."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.core.secure_bucket import secure_bucket

WRITER = "logdelivery.elasticloadbalancing.amazonaws.com"
"""docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html. That page also has why the bucket
is encrypted with Amazon S3's own keys: load balancers write to no other."""


@dataclass(frozen=True, kw_only=True)
class AccessLogsArgs(ComponentArgs):
    """The bucket's owner, and the retention."""

    account: pulumi.Input[str]
    days: int
    """Retention: an entry holds the addresses of customers."""
    protect: bool


class AccessLogs(Component):
    """The bucket. Without protection it is deleted with its content."""

    TYPE = "axonflow:platform:AccessLogs"

    bucket: pulumi.Output[str]
    """Its name, known once load balancers may write to it: AWS checks that when a load balancer names it."""

    def __init__(self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        # Names of buckets are one namespace for all accounts.
        made = aws.s3.Bucket(
            name,
            bucket=pulumi.Output.concat(args.names.stack, "-access-logs-", args.account),
            force_destroy=not args.protect,
            opts=self.child(protect=args.protect),
        )
        self.bucket = secure_bucket(name, made, self.child(), allow=[_load_balancers_write(made.arn, args.account)])
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=made.id,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=args.days),
                )
            ],
            opts=self.child(),
        )
        self.register_outputs({"bucket": self.bucket})


def _load_balancers_write(bucket_arn: pulumi.Output[str], account: pulumi.Input[str]) -> dict[str, object]:
    """Those of this account alone."""
    return {
        "Sid": "LoadBalancersWrite",
        "Effect": "Allow",
        "Principal": {"Service": WRITER},
        "Action": "s3:PutObject",
        "Resource": pulumi.Output.concat(bucket_arn, "/*/AWSLogs/", account, "/*"),
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
