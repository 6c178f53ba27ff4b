"""What calls of the services beside ECS need, as far as operations touch them.

Each row stands for one of the Service Authorization Reference
(docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.emulator.iam.evaluate import Ask
from sandbox.emulator.iam.where import Row, Sent, Where, anywhere, asking


def _named(service: str, action: str, kind: str, member: str) -> Row:
    """An action on the thing that a parameter names: `service` and `kind` as its ARN has them."""
    return lambda sent, where: asking(f"{service}:{action}", where.arn(service, f"{kind}{sent.get(member, '*')}"))


def _by(service: str, member: str, kind: str, *actions: str) -> dict[str, Row]:
    return {action: _named(service, action, kind, member) for action in actions}


def _parameters(action: str, member: str) -> Row:
    """Parameters by name, or by the path above them; the ARN has no slash before a name's own."""

    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        value = sent.get(member)
        names = value if isinstance(value, list) else [value]
        return asking(f"ssm:{action}", *(where.arn("ssm", f"parameter/{str(name).lstrip('/')}") for name in names))

    return row


def _table(named: str, where: Where) -> str:
    return named if named.startswith("arn:") else where.arn("dynamodb", f"table/{named}")


def _query(action: str) -> Row:
    """Who reads an index needs the right to the index, not to the table."""

    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        table, index = _table(str(sent.get("TableName")), where), sent.get("IndexName")
        return asking(f"dynamodb:{action}", f"{table}/index/{index}" if index else table)

    return row


_TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_GOT = {"Get": "GetItem"}


def _transaction(kinds: dict[str, str]) -> Row:
    """There is no right to transactions: each of their items needs its own
    (docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html)."""

    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        items = [(kind, item) for each in sent.get("TransactItems", []) for kind, item in each.items()]
        return [ask for kind, item in items for ask in _query(kinds[kind])({"TableName": item["TableName"]}, where)]

    return row


def _log_group(action: str) -> Row:
    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        return asking(f"logs:{action}", where.arn("logs", f"log-group:{sent.get('logGroupName')}"))

    return row


def _log_stream(sent: Sent, where: Where) -> Sequence[Ask]:
    stream = f"log-group:{sent.get('logGroupName')}:log-stream:{sent.get('logStreamName')}"
    return asking("logs:GetLogEvents", where.arn("logs", stream))


def _secret(action: str) -> Row:
    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        named = str(sent.get("SecretId"))
        arn = named if named.startswith("arn:") else where.secret(named)
        return asking(f"secretsmanager:{action}", arn or where.arn("secretsmanager", f"secret:{named}"))

    return row


def _put_events(sent: Sent, where: Where) -> Sequence[Ask]:
    """Each event by the bus that it names, or the account's own."""
    asks: list[Ask] = []
    for entry in sent.get("Entries", []):
        bus = str(entry.get("EventBusName") or "default")
        arn = bus if bus.startswith("arn:") else where.arn("events", f"event-bus/{bus}")
        keys = {"events__source": entry.get("Source"), "events__detail_type": entry.get("DetailType")}
        asks += asking("events:PutEvents", arn, **keys)
    return asks


def _scalable(sent: Sent, where: Where) -> Sequence[Ask]:
    return asking(
        "application-autoscaling:RegisterScalableTarget",
        where.arn("application-autoscaling", "scalable-target/*"),
        application_autoscaling__service_namespace=sent.get("ServiceNamespace"),
        application_autoscaling__scalable_dimension=sent.get("ScalableDimension"),
    )


def _anywhere(service: str, *actions: str) -> dict[str, Row]:
    return {action: anywhere(f"{service}:{action}") for action in actions}


def _nothing(_sent: Sent, _where: Where) -> Sequence[Ask]:
    """ "No permissions are required" (docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html)."""
    return []


ROWS: dict[str, dict[str, Row]] = {
    "application-autoscaling": {
        "RegisterScalableTarget": _scalable,
        **_anywhere("application-autoscaling", "DescribeScalableTargets", "DescribeScalingPolicies"),
    },
    "cloudwatch": _anywhere("cloudwatch", "DescribeAlarms", "GetMetricData", "PutMetricData"),
    "dynamodb": {
        **{action: _query(action) for action in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")},
        "TransactWriteItems": _transaction(_TRANSACTED),
        "TransactGetItems": _transaction(_GOT),
    },
    "ecr": {
        **_anywhere("ecr", "GetAuthorizationToken"),
        **_by("ecr", "repositoryName", "repository/", "BatchGetImage", "DescribeImages", "ListImages", "PutImage"),
        **_by("ecr", "repositoryName", "repository/", "BatchDeleteImage"),
    },
    "elasticloadbalancing": _anywhere(
        "elasticloadbalancing",
        *("DescribeRules", "DescribeTargetGroupAttributes", "DescribeTargetGroups", "DescribeTargetHealth"),
        *("DescribeListeners", "DescribeLoadBalancers"),
    ),
    "events": {"PutEvents": _put_events},
    "logs": {
        **_anywhere("logs", "DescribeLogGroups"),
        "FilterLogEvents": _log_group("FilterLogEvents"),
        "GetLogEvents": _log_stream,
    },
    "rds": _by("rds", "DBInstanceIdentifier", "db:", "DescribeDBInstances", "StartDBInstance", "StopDBInstance"),
    "secretsmanager": {
        **_anywhere("secretsmanager", "ListSecrets"),
        **{action: _secret(action) for action in ("DescribeSecret", "GetSecretValue", "PutSecretValue")},
    },
    "ssm": {
        **_anywhere("ssm", "DescribeParameters"),
        "GetParametersByPath": _parameters("GetParametersByPath", "Path"),
        "GetParameters": _parameters("GetParameters", "Names"),
        **{
            action: _parameters(action, "Name")
            for action in ("GetParameter", "GetParameterHistory", "PutParameter", "DeleteParameter")
        },
    },
    "sts": {
        "GetCallerIdentity": _nothing,
        "AssumeRole": lambda sent, _where: asking("sts:AssumeRole", str(sent.get("RoleArn"))),
    },
}
