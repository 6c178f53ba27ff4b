"""Makes all AWS clients.

Region, credentials and endpoint come from the usual AWS environment. A client is made when it is first used, and shared by
all threads. They are botocore's, as boto3's own are: importing boto3 adds a tenth of a second to each command, for what no
command uses.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import get_session

from appdeploy.aws.operations import name_operations
from appdeploy.aws.unknown_fields import refuse_unknown_fields
from appdeploy.model.errors import Refused

if TYPE_CHECKING:
    import botocore.session
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

_SERVICES = (
    "application-autoscaling",
    "cloudwatch",
    "dynamodb",
    "ecr",
    "ecs",
    "elbv2",
    "events",
    "iam",
    "logs",
    "secretsmanager",
    "ssm",
    "sts",
)
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
_NOTIFICATION = _ONCE.merge(Config(connect_timeout=1, read_timeout=1))


class EventsClient(Protocol):
    """As much of EventBridge's client as this takes."""

    def put_events(self, *, Entries: Sequence[dict[str, Any]]) -> Any: ...


class _Maker:
    """Makes clients one after the other: botocore's loader is slower from several threads at once than in turn."""

    def __init__(self, session: botocore.session.Session, region: str) -> None:
        self.region = region
        self._session = session
        self._lock = threading.RLock()

    def make(self, service: Any, config: Config) -> Any:
        """A client. Raises Refused for an endpoint that cannot be used."""
        with self._lock:
            try:
                made = self._session.create_client(service, self.region, config=config)
            except (BotoCoreError, ValueError) as error:
                raise _unusable(error) from None
        name_operations(made)
        return made


class OnceClients:
    """Clients that make one attempt per call: for writes, for watching, and for reads that must not wait."""

    def __init__(self, maker: _Maker) -> None:
        self._maker = maker

    @cached_property
    def ecs(self) -> ECSClient:
        """ECS."""
        return cast("ECSClient", self._maker.make("ecs", _ONCE))

    @cached_property
    def elbv2(self) -> ElasticLoadBalancingv2Client:
        """Elastic Load Balancing."""
        return cast("ElasticLoadBalancingv2Client", self._maker.make("elbv2", _ONCE))

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return cast("DynamoDBClient", self._maker.make("dynamodb", _ONCE))

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        return cast("CloudWatchLogsClient", self._maker.make("logs", _ONCE))

    @cached_property
    def ssm(self) -> SSMClient:
        """Systems Manager."""
        return cast("SSMClient", self._maker.make("ssm", _ONCE))

    @cached_property
    def sts(self) -> STSClient:
        """Security Token Service."""
        return cast("STSClient", self._maker.make("sts", _ONCE))

    @cached_property
    def events(self) -> EventsClient:
        """EventBridge. A notification holds up the end of a command: two seconds in all."""
        return cast("EventsClient", self._maker.make("events", _NOTIFICATION))


class Clients:
    """The AWS clients of one command, each made when it is first used. Those named here are patient: for reads made once."""

    def __init__(self, maker: _Maker) -> None:
        self._maker = maker
        self.region = maker.region
        self.once = OnceClients(maker)

    @cached_property
    def ecs(self) -> ECSClient:
        """ECS. Fields of a task definition that this SDK does not know are refused."""
        client = cast("ECSClient", self._maker.make("ecs", _READING))
        refuse_unknown_fields(client, "DescribeTaskDefinition")
        return client

    @cached_property
    def ecr(self) -> ECRClient:
        """ECR."""
        return cast("ECRClient", self._maker.make("ecr", _READING))

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return cast("DynamoDBClient", self._maker.make("dynamodb", _READING))

    @cached_property
    def elbv2(self) -> ElasticLoadBalancingv2Client:
        """Elastic Load Balancing."""
        return cast("ElasticLoadBalancingv2Client", self._maker.make("elbv2", _READING))

    @cached_property
    def ssm(self) -> SSMClient:
        """Systems Manager."""
        return cast("SSMClient", self._maker.make("ssm", _READING))

    @cached_property
    def sts(self) -> STSClient:
        """Security Token Service."""
        return cast("STSClient", self._maker.make("sts", _READING))

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        """CloudWatch."""
        return cast("CloudWatchClient", self._maker.make("cloudwatch", _READING))

    @cached_property
    def iam(self) -> IAMClient:
        """IAM."""
        return cast("IAMClient", self._maker.make("iam", _READING))

    @cached_property
    def secretsmanager(self) -> SecretsManagerClient:
        """Secrets Manager."""
        return cast("SecretsManagerClient", self._maker.make("secretsmanager", _READING))

    @cached_property
    def autoscaling(self) -> ApplicationAutoScalingClient:
        """Application Auto Scaling."""
        return cast("ApplicationAutoScalingClient", self._maker.make("application-autoscaling", _READING))


def connect(region: str | None) -> Clients:
    """The clients of a region, or of the environment's own if None. Nothing is sent yet.

    Raises Refused when the environment names no region, or a profile that cannot be used; an endpoint that cannot be used
    raises it when the first client is made.
    """
    try:
        session = _core()
        region = region or session.get_config_variable("region")
    except (BotoCoreError, ValueError) as error:
        raise _unusable(error) from None
    if region is None:
        raise Refused("no AWS region is set: give --region, or set AWS_DEFAULT_REGION")
    return Clients(_Maker(session, region))


class _PlainJson(JSONFileLoader):
    """botocore's reader of service models, with plain dictionaries: they keep their order, and are made three times faster."""

    def _load_file(self, full_path: str, open_method: Callable[[str, str], IO[bytes]]) -> Any:
        try:
            with open_method(full_path, "rb") as file:
                return json.loads(file.read())
        except (FileNotFoundError, IsADirectoryError):
            return None


class _Loader(Loader):
    """botocore's loader of service models, without its search through the folders of all 400 services for each client."""

    def list_available_services(self, type_name: str) -> list[str]:
        """The services that this tool calls; botocore asks only whether one is among them."""
        return list(_SERVICES)


def _core() -> botocore.session.Session:
    core = get_session()
    paths = core.get_config_variable("data_path")
    extra = [os.path.expandvars(Path(path).expanduser()) for path in paths.split(os.pathsep)] if paths else None
    core.register_component("data_loader", _Loader(extra_search_paths=extra, file_loader=_PlainJson()))
    return core


def _unusable(error: BaseException) -> Refused:
    # ValueError: botocore's own word for an endpoint that is no URL.
    return Refused(f"the AWS environment cannot be used: {error}")


def ledger_client(clients: Clients, region: str, role: str | None) -> DynamoDBClient:
    """A client for another environment's ledger: in its region, with the given role to read it.

    Errors of STS are raised.
    """
    if role is None and region == clients.region:
        return clients.dynamodb
    if role is None:
        return _ledger(region)
    # Fifteen minutes is the minimum of STS (docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
    credentials = clients.sts.assume_role(RoleArn=role, RoleSessionName="appdeploy-promotion", DurationSeconds=900)[
        "Credentials"
    ]
    return _ledger(region, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])


def _ledger(region: str, *credentials: str) -> DynamoDBClient:
    core = _core()
    if credentials:
        core.set_credentials(*credentials)
    return cast("DynamoDBClient", _Maker(core, region).make("dynamodb", _READING))
