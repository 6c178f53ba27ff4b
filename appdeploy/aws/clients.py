"""Makes all AWS clients.

Region, credentials and endpoint come from the usual AWS environment. Clients are made once, one after the other
(botocore's loader is slower from several threads), and are shared by all threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from appdeploy.aws.unknown_fields import refuse_unknown_fields
from appdeploy.model.errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient


THREADS = 10
"""Maximum number of concurrent calls, and the size of each connection pool."""

_CONNECT_SECONDS = 3
_READ_SECONDS = 10

# Reads before a release: the SDK retries throttled and failed calls itself.
_READING = Config(
    connect_timeout=_CONNECT_SECONDS,
    read_timeout=_READ_SECONDS,
    retries={"mode": "adaptive", "total_max_attempts": 4},
    max_pool_connections=THREADS,
)
# Writes, and reads while watching: one attempt. RegisterTaskDefinition is not idempotent, so a write is repeated only
# when the result of the first attempt is known; a watch repeats its reads anyway.
_ONCE = _READING.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
# Notifications delay the end of a command, so they have two seconds in total.
_NOTIFYING = _ONCE.merge(Config(connect_timeout=1, read_timeout=1))


@dataclass(frozen=True)
class OnceClients:
    """Clients that make one attempt per call: for writes, for watching, and for reads that must not wait."""

    ecs: ECSClient
    elbv2: ElasticLoadBalancingv2Client
    dynamodb: DynamoDBClient
    logs: CloudWatchLogsClient
    ssm: SSMClient
    events: EventsClient


@dataclass(frozen=True)
class Clients:
    """The AWS clients of one command. These retry, for reads; `once` makes single attempts."""

    region: str
    ecs: ECSClient
    ecr: ECRClient
    dynamodb: DynamoDBClient
    elbv2: ElasticLoadBalancingv2Client
    ssm: SSMClient
    sts: STSClient
    cloudwatch: CloudWatchClient
    iam: IAMClient
    secretsmanager: SecretsManagerClient
    autoscaling: ApplicationAutoScalingClient
    once: OnceClients


def connect(region: str | None) -> Clients:
    """Make the clients for a region, or for the environment's default if None. Sends nothing.

    Raises Refused when the environment names no region, or a profile or an endpoint that cannot be used.
    """
    try:
        session = boto3.Session(region_name=region)
        if session.region_name is None:
            raise Refused("no AWS region is set: give --region, or set AWS_DEFAULT_REGION")
        return _make(session, session.region_name)
    except (BotoCoreError, ValueError) as error:
        # botocore raises ValueError for an endpoint that is not a URL.
        raise Refused(f"the AWS environment cannot be used: {error}") from None


def ledger_client(clients: Clients, region: str, role: str | None) -> DynamoDBClient:
    """A client for another environment's ledger: in its region, with the given role to read it.

    Errors of STS are raised.
    """
    if role is None and region == clients.region:
        return clients.dynamodb
    if role is None:
        return _ledger(boto3.Session(region_name=region))
    # Fifteen minutes is the minimum of STS (docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
    credentials = clients.sts.assume_role(RoleArn=role, RoleSessionName="appdeploy-promotion", DurationSeconds=900)[
        "Credentials"
    ]
    keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    return _ledger(boto3.Session(*keys, region_name=region))


def _ledger(session: boto3.Session) -> DynamoDBClient:
    client: DynamoDBClient = session.client("dynamodb", config=_READING)
    return client


def _make(session: boto3.Session, region: str) -> Clients:
    ecs = session.client("ecs", config=_READING)
    refuse_unknown_fields(ecs, "DescribeTaskDefinition")
    return Clients(
        region=region,
        ecs=ecs,
        ecr=session.client("ecr", config=_READING),
        dynamodb=session.client("dynamodb", config=_READING),
        elbv2=session.client("elbv2", config=_READING),
        ssm=session.client("ssm", config=_READING),
        sts=session.client("sts", config=_READING),
        cloudwatch=session.client("cloudwatch", config=_READING),
        iam=session.client("iam", config=_READING),
        secretsmanager=session.client("secretsmanager", config=_READING),
        autoscaling=session.client("application-autoscaling", config=_READING),
        once=OnceClients(
            ecs=session.client("ecs", config=_ONCE),
            elbv2=session.client("elbv2", config=_ONCE),
            dynamodb=session.client("dynamodb", config=_ONCE),
            logs=session.client("logs", config=_ONCE),
            ssm=session.client("ssm", config=_ONCE),
            events=session.client("events", config=_NOTIFYING),
        ),
    )


class EventsClient(Protocol):
    """The part of EventBridge's client that is used."""

    def put_events(self, *, Entries: Sequence[dict[str, Any]]) -> Any: ...
