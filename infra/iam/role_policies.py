"""The permissions of each role of operations, as tables of statements.

Actions, resources and condition keys are those of the Service Authorization Reference
(docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html). A
statement on `*` without a condition has only actions for which that reference has no resource type, or for which AWS demands
`*`; `tests/access` runs every command under its role and lists the statements that no command needed.
"""

from __future__ import annotations

from infra.core.arns import EnvironmentArns
from infra.core.names import RELEASE_EVENTS
from infra.iam.documents import Conditions, Statement

EVERYTHING = ("*",)
TASKS = "ecs-tasks.amazonaws.com"


def viewer(arns: EnvironmentArns) -> tuple[Statement, ...]:
    """Read-only: `status`, `plan`, `releases`, `rollback --list`, `config list`."""
    return (
        Statement(reason="read the contract", actions=["ssm:GetParametersByPath"], resources=arns.parameters("contract")),
        Statement(
            reason="read services and their deployments",
            actions=["ecs:DescribeServices", "ecs:ListServiceDeployments"],
            resources=arns.in_cluster("service"),
        ),
        Statement(
            reason="read settings",
            actions=["ssm:GetParameterHistory", "ssm:GetParametersByPath"],
            resources=arns.parameters("config"),
        ),
        # AWS asks about the service as well as about the deployment or revision.
        Statement(
            reason="read service deployments",
            actions=["ecs:DescribeServiceDeployments"],
            resources=arns.in_cluster("service", "service-deployment"),
        ),
        Statement(
            reason="read service revisions",
            actions=["ecs:DescribeServiceRevisions"],
            resources=arns.in_cluster("service", "service-revision"),
        ),
        Statement(
            reason="list services and tasks of the cluster",
            actions=["ecs:ListServices", "ecs:ListTasks"],
            resources=EVERYTHING,
            conditions=_in_the_cluster(arns),
        ),
        Statement(reason="read tasks", actions=["ecs:DescribeTasks"], resources=arns.in_cluster("task")),
        Statement(reason="read task definitions", actions=["ecs:DescribeTaskDefinition"], resources=EVERYTHING),
        Statement(reason="read images", actions=["ecr:BatchGetImage", "ecr:DescribeImages"], resources=arns.repositories),
        Statement(
            reason="read listener rules and target groups",
            actions=[
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTargetGroupAttributes",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            resources=EVERYTHING,
        ),
        # Composite alarms are returned only with a permission on `*`
        # (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html).
        Statement(reason="read alarms", actions=["cloudwatch:DescribeAlarms"], resources=EVERYTHING),
        Statement(reason="check that the task roles exist", actions=["iam:GetRole"], resources=arns.task_roles),
        # These list names, never contents.
        Statement(
            reason="check that referenced resources exist",
            actions=["logs:DescribeLogGroups", "secretsmanager:ListSecrets", "ssm:DescribeParameters"],
            resources=EVERYTHING,
        ),
        Statement(
            reason="read the lock and the ledger", actions=["dynamodb:GetItem", "dynamodb:Query"], resources=[arns.table]
        ),
        Statement(reason="query open releases", actions=["dynamodb:Query"], resources=[arns.indexes]),
        Statement(
            reason="read scalable targets",
            actions=["application-autoscaling:DescribeScalableTargets"],
            resources=EVERYTHING,
        ),
    )


def release(arns: EnvironmentArns) -> tuple[Statement, ...]:
    """Release, beside the viewer's permissions: `deploy`, `sync`, `restart`, `config set`, `rollback`, `resume`."""
    return (
        Statement(reason="register revisions", actions=["ecs:RegisterTaskDefinition"], resources=arns.families),
        # docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
        Statement(
            reason="tag revisions with the release",
            actions=["ecs:TagResource"],
            resources=arns.families,
            conditions={"StringEquals": {"ecs:CreateAction": "RegisterTaskDefinition"}},
        ),
        Statement(
            reason="find a revision when the response was lost", actions=["ecs:ListTaskDefinitions"], resources=EVERYTHING
        ),
        Statement(
            reason="pass the task roles",
            actions=["iam:PassRole"],
            resources=arns.task_roles,
            conditions={"StringEquals": {"iam:PassedToService": TASKS}},
        ),
        Statement(
            reason="stop a failing deployment",
            actions=["ecs:StopServiceDeployment"],
            resources=arns.in_cluster("service", "service-deployment"),
        ),
        Statement(reason="read the log of a failed task", actions=["logs:GetLogEvents"], resources=arns.log_streams),
        Statement(reason="tag released images", actions=["ecr:PutImage"], resources=arns.repositories),
        # New tasks are needed to read a changed setting, so changing one is a release (docs/adr/014-settings.md).
        Statement(reason="write settings", actions=["ssm:PutParameter"], resources=arns.parameters("config")),
        _hold_the_lock(arns),
        Statement(
            reason="write the ledger",
            actions=["dynamodb:ConditionCheckItem", "dynamodb:PutItem"],
            resources=[arns.table],
        ),
        _publish_events(arns),
        _scalable_targets(arns),
        *_promotion(arns),
    )


def pre_deploy_tasks(arns: EnvironmentArns) -> tuple[Statement, ...]:
    """Pre-deploy tasks: a policy of its own, because one would be too long. Such a task is a released revision with another
    command: it has the roles of the service."""
    return (
        Statement(
            reason="run pre deploy tasks",
            actions=["ecs:RunTask"],
            resources=arns.families,
            conditions=_in_the_cluster(arns),
        ),
        Statement(
            reason="tag those tasks with the release",
            actions=["ecs:TagResource"],
            resources=arns.in_cluster("task"),
            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
        ),
        Statement(reason="stop those tasks on timeout", actions=["ecs:StopTask"], resources=arns.in_cluster("task")),
    )


def service_updates(arns: EnvironmentArns) -> tuple[Statement, ...]:
    """Updates of each service: a policy of its own, because it grows with the number of services."""
    return tuple(_update(arns, service) for service in arns.services)


def operator(arns: EnvironmentArns) -> tuple[Statement, ...]:
    """Operate, beside the viewer's permissions: freeze, scale, read logs, start a stopped database."""
    return (
        _hold_the_lock(arns),
        # Without a task definition: only releases change what runs.
        Statement(
            reason="scale services",
            actions=["ecs:UpdateService"],
            resources=[arns.service(service) for service in arns.services],
            conditions={"Null": {"ecs:task-definition": "true"}},
        ),
        Statement(reason="write ledger entries", actions=["dynamodb:PutItem"], resources=[arns.table]),
        _publish_events(arns),
        _scalable_targets(arns),
        Statement(
            reason="read scaling policies",
            actions=["application-autoscaling:DescribeScalingPolicies"],
            resources=EVERYTHING,
        ),
        Statement(
            reason="read the services' logs",
            actions=["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartLiveTail"],
            resources=[*arns.log_groups, *arns.log_streams],
        ),
        Statement(reason="read metrics", actions=["cloudwatch:GetMetricData"], resources=EVERYTHING),
        Statement(
            reason="read and start the database",
            actions=["rds:DescribeDBInstances", "rds:StartDBInstance"],
            resources=[arns.arn("rds", f"db:{arns.names.database}")],
        ),
    )


def maintenance(arns: EnvironmentArns) -> tuple[Statement, ...]:
    """Rare or irreversible work, beside the viewer's permissions: prune, and one-off tasks on the database."""
    stem = f"{arns.names.database}-*"
    return (
        _hold_the_lock(arns),
        # DeregisterTaskDefinition has no resource type, which is why the release role does not have it.
        Statement(
            reason="prune task definitions",
            actions=["ecs:DeregisterTaskDefinition", "ecs:ListTaskDefinitions"],
            resources=EVERYTHING,
        ),
        Statement(reason="prune images", actions=["ecr:BatchDeleteImage", "ecr:ListImages"], resources=arns.repositories),
        Statement(
            reason="run database tasks",
            actions=["ecs:RunTask"],
            resources=[arns.revisions(stem)],
            conditions=_in_the_cluster(arns),
        ),
        Statement(
            reason="pass the roles of database tasks",
            actions=["iam:PassRole"],
            resources=[arns.role(stem)],
            conditions={"StringEquals": {"iam:PassedToService": TASKS}},
        ),
    )


def _update(arns: EnvironmentArns, service: str) -> Statement:
    """Each service to its own task definitions; to the template only when a failed first release is reverted.

    `IfExists`, because scaling a service to 0 tasks names no task definition.
    """
    families = (arns.names.family(service), arns.names.template_family(service))
    return Statement(
        reason=f"update the {service}",
        actions=["ecs:UpdateService"],
        resources=[arns.service(service)],
        conditions={"ArnLikeIfExists": {"ecs:task-definition": [arns.revisions(family) for family in families]}},
    )


def _promotion(arns: EnvironmentArns) -> tuple[Statement, ...]:
    rule, reason = arns.promotion, "read the ledger of the source environment"
    if rule is None:
        return ()
    if rule.role is not None:
        return (Statement(reason=reason, actions=["sts:AssumeRole"], resources=[rule.role]),)
    table = arns.arn("dynamodb", f"table/{rule.releases_table}")
    return (Statement(reason=reason, actions=["dynamodb:Query"], resources=[table]),)


def _publish_events(arns: EnvironmentArns) -> Statement:
    """One call may send several events (docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html)."""
    return Statement(
        reason="publish release events",
        actions=["events:PutEvents"],
        resources=[arns.arn("events", "event-bus/default")],
        conditions={"ForAllValues:StringEquals": {"events:source": RELEASE_EVENTS}},
    )


def _hold_the_lock(arns: EnvironmentArns) -> Statement:
    return Statement(reason="hold the lock", actions=["dynamodb:UpdateItem"], resources=[arns.table])


def _in_the_cluster(arns: EnvironmentArns) -> Conditions:
    return {"ArnEquals": {"ecs:cluster": arns.cluster}}


def _scalable_targets(arns: EnvironmentArns) -> Statement:
    """The first release sets the capacity bounds, a sync applies changed ones, an operator holds a count."""
    return Statement(
        reason="update scalable targets",
        actions=["application-autoscaling:RegisterScalableTarget"],
        resources=[arns.arn("application-autoscaling", "scalable-target/*")],
        conditions={"StringEquals": {"application-autoscaling:service-namespace": "ecs"}},
    )
