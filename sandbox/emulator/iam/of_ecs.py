"""What calls of ECS need.

docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.emulator.iam.evaluate import Ask
from sandbox.emulator.iam.where import Row, Sent, Where, anywhere, asking, passing

_TASKS = "ecs-tasks.amazonaws.com"


def _cluster(sent: Sent, where: Where) -> str:
    named = str(sent.get("cluster") or "default")
    return named if named.startswith("arn:") else where.arn("ecs", f"cluster/{named}")


def _in_cluster(kind: str, name: str, sent: Sent, where: Where) -> str:
    """A service or task by ARN or name."""
    if name.startswith("arn:"):
        return name
    return where.arn("ecs", f"{kind}/{_cluster(sent, where).rsplit('/', 1)[-1]}/{name}")


def _services(action: str, member: str) -> Row:
    """An action on services, which `member` names: one, or a list of them."""

    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        arns = [_in_cluster("service", name, sent, where) for name in _listed(sent.get(member))]
        return asking(action, *arns, ecs__cluster=_cluster(sent, where))

    return row


def _records(action: str, member: str) -> Row:
    """An action on service deployments or revisions: it needs the right to their service too."""

    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        asks: list[Ask] = []
        for arn in _listed(sent.get(member)):
            stem, _, rest = arn.rpartition(":")
            cluster, service = rest.split("/")[1:3]
            owner, home = f"{stem}:service/{cluster}/{service}", f"{stem}:cluster/{cluster}"
            asks += asking(action, owner, ecs__cluster=home)
            asks += asking(action, arn, ecs__cluster=home, ecs__service=owner)
        return asks

    return row


def _tasks(action: str, member: str) -> Row:
    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        arns = [_in_cluster("task", name, sent, where) for name in _listed(sent.get(member))]
        return asking(action, *arns, ecs__cluster=_cluster(sent, where))

    return row


def _of_the_cluster(action: str) -> Row:
    return lambda sent, where: asking(action, "*", ecs__cluster=_cluster(sent, where))


def _register(sent: Sent, where: Where) -> Sequence[Ask]:
    family = where.arn("ecs", f"task-definition/{sent.get('family')}:*")
    roles = [str(sent.get(name) or "") for name in ("taskRoleArn", "executionRoleArn")]
    # docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    tagging = asking("ecs:TagResource", family, ecs__CreateAction="RegisterTaskDefinition") if sent.get("tags") else []
    return [*asking("ecs:RegisterTaskDefinition", family), *tagging, *passing(where, roles, _TASKS)]


def _write_service(action: str, member: str) -> Row:
    """CreateService and UpdateService: the definition is looked up first, and its roles are passed."""

    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        service = _in_cluster("service", str(sent.get(member)), sent, where)
        arn, roles = _definition(sent, where)
        own = asking(action, service, ecs__cluster=_cluster(sent, where), ecs__task_definition=arn)
        return [*own, *passing(where, roles, _TASKS)]

    return row


def _run_task(sent: Sent, where: Where) -> Sequence[Ask]:
    arn, roles = _definition(sent, where)
    home = _cluster(sent, where)
    own = asking("ecs:RunTask", arn or "*", ecs__cluster=home)
    tasks = where.arn("ecs", f"task/{home.rsplit('/', 1)[-1]}/*")
    tagging = asking("ecs:TagResource", tasks, ecs__CreateAction="RunTask") if sent.get("tags") else []
    return [*own, *tagging, *passing(where, roles, _TASKS)]


def _definition(sent: Sent, where: Where) -> tuple[str | None, tuple[str, ...]]:
    """The ARN of the definition that a call names, and its roles; of one that does not exist the ARN that it would have."""
    named = sent.get("taskDefinition")
    if not named:
        return None, ()
    found = where.definition(str(named))
    if found is not None:
        return found.arn, found.roles
    return str(named) if str(named).startswith("arn:") else where.arn("ecs", f"task-definition/{named}"), ()


def _tag(sent: Sent, where: Where) -> Sequence[Ask]:
    return asking("ecs:TagResource", str(sent.get("resourceArn")))


def _listed(value: object) -> Iterable[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


ROWS: dict[str, Row] = {
    "ContinueServiceDeployment": _records("ecs:ContinueServiceDeployment", "serviceDeploymentArn"),
    "CreateService": _write_service("ecs:CreateService", "serviceName"),
    "DeleteService": _services("ecs:DeleteService", "service"),
    "DeregisterTaskDefinition": anywhere("ecs:DeregisterTaskDefinition"),
    "DescribeServiceDeployments": _records("ecs:DescribeServiceDeployments", "serviceDeploymentArns"),
    "DescribeServiceRevisions": _records("ecs:DescribeServiceRevisions", "serviceRevisionArns"),
    "DescribeServices": _services("ecs:DescribeServices", "services"),
    "DescribeTaskDefinition": anywhere("ecs:DescribeTaskDefinition"),
    "DescribeTasks": _tasks("ecs:DescribeTasks", "tasks"),
    "ListServiceDeployments": _services("ecs:ListServiceDeployments", "service"),
    "ListServices": _of_the_cluster("ecs:ListServices"),
    "ListTaskDefinitions": anywhere("ecs:ListTaskDefinitions"),
    "ListTasks": _of_the_cluster("ecs:ListTasks"),
    "RegisterTaskDefinition": _register,
    "RunTask": _run_task,
    "StopServiceDeployment": _records("ecs:StopServiceDeployment", "serviceDeploymentArn"),
    "StopTask": _tasks("ecs:StopTask", "task"),
    "TagResource": _tag,
    "UpdateService": _write_service("ecs:UpdateService", "service"),
}
