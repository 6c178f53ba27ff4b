"""What each duty in operations needs of AWS, as tables of statements.

Actions, resources and condition keys are those of the Service Authorization Reference
(docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html). A
statement on `*` without a condition has actions alone for which that reference knows no resource, or of which AWS demands
it; `tests/access` runs every command under its role and names the statements that no command needed.
"""

from __future__ import annotations

from infra.access import Conditions, Statement
from infra.notices import RELEASES
from infra.scope import Scope

EVERYTHING = ("*",)
TASKS = "ecs-tasks.amazonaws.com"


def viewer(scope: Scope) -> tuple[Statement, ...]:
    """Look, and change nothing: `status`, `plan`, `releases`, `rollback --list`, `config list`."""
    return (
        Statement(reason="read the contract", actions=["ssm:GetParametersByPath"], resources=scope.parameters("contract")),
        Statement(
            reason="see the services and their deployments",
            actions=["ecs:DescribeServices", "ecs:ListServiceDeployments"],
            resources=scope.in_cluster("service"),
        ),
        Statement(
            reason="read tunable settings",
            actions=["ssm:GetParameterHistory", "ssm:GetParametersByPath"],
            resources=scope.parameters("config"),
        ),
        # AWS asks about the service as well as about the deployment or revision.
        Statement(
            reason="see what a deployment did",
            actions=["ecs:DescribeServiceDeployments"],
            resources=scope.in_cluster("service", "service-deployment"),
        ),
        Statement(
            reason="see where a revision serves",
            actions=["ecs:DescribeServiceRevisions"],
            resources=scope.in_cluster("service", "service-revision"),
        ),
        Statement(
            reason="find services and tasks in the cluster",
            actions=["ecs:ListServices", "ecs:ListTasks"],
            resources=EVERYTHING,
            conditions=_in_the_cluster(scope),
        ),
        Statement(reason="see tasks", actions=["ecs:DescribeTasks"], resources=scope.in_cluster("task")),
        Statement(reason="read task definitions", actions=["ecs:DescribeTaskDefinition"], resources=EVERYTHING),
        Statement(reason="find images", actions=["ecr:BatchGetImage", "ecr:DescribeImages"], resources=scope.repositories),
        Statement(
            reason="see where traffic goes",
            actions=[
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTargetGroupAttributes",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            resources=EVERYTHING,
        ),
        # Composite alarms are shown to those alone who have it on everything
        # (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html).
        Statement(reason="see alarms", actions=["cloudwatch:DescribeAlarms"], resources=EVERYTHING),
        Statement(reason="check that the tasks have their roles", actions=["iam:GetRole"], resources=scope.task_roles),
        # They tell that something is there, never what is in it.
        Statement(
            reason="check that the tasks find what they refer to",
            actions=["logs:DescribeLogGroups", "secretsmanager:ListSecrets", "ssm:DescribeParameters"],
            resources=EVERYTHING,
        ),
        Statement(
            reason="read the lock and the ledger", actions=["dynamodb:GetItem", "dynamodb:Query"], resources=[scope.table]
        ),
        Statement(reason="find what is open", actions=["dynamodb:Query"], resources=[scope.indexes]),
        Statement(
            reason="see the bounds of scaling",
            actions=["application-autoscaling:DescribeScalableTargets"],
            resources=EVERYTHING,
        ),
    )


def release(scope: Scope) -> tuple[Statement, ...]:
    """Change what runs, beside what a viewer may: `deploy`, `sync`, `restart`, `config set`, `rollback`, `resume`."""
    return (
        Statement(reason="register what is to run", actions=["ecs:RegisterTaskDefinition"], resources=scope.families),
        # docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
        Statement(
            reason="tag it with the release",
            actions=["ecs:TagResource"],
            resources=scope.families,
            conditions={"StringEquals": {"ecs:CreateAction": "RegisterTaskDefinition"}},
        ),
        Statement(reason="find it when the answer was lost", actions=["ecs:ListTaskDefinitions"], resources=EVERYTHING),
        Statement(
            reason="hand the tasks their roles",
            actions=["iam:PassRole"],
            resources=scope.task_roles,
            conditions={"StringEquals": {"iam:PassedToService": TASKS}},
        ),
        Statement(
            reason="stop a rollout that fails",
            actions=["ecs:StopServiceDeployment"],
            resources=scope.in_cluster("service", "service-deployment"),
        ),
        Statement(reason="say why a task failed", actions=["logs:GetLogEvents"], resources=scope.log_streams),
        Statement(reason="keep released images", actions=["ecr:PutImage"], resources=scope.repositories),
        # Its tasks have a setting once they are new ones: to change it is a release (docs/adr/014-settings.md).
        Statement(reason="write tunable settings", actions=["ssm:PutParameter"], resources=scope.parameters("config")),
        _hold_the_lock(scope),
        Statement(
            reason="write the ledger",
            actions=["dynamodb:ConditionCheckItem", "dynamodb:PutItem"],
            resources=[scope.table],
        ),
        # One call may send several events (docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html).
        Statement(
            reason="tell of releases",
            actions=["events:PutEvents"],
            resources=[scope.arn("events", "event-bus/default")],
            conditions={"ForAllValues:StringEquals": {"events:source": RELEASES}},
        ),
        _bounds_of_scaling(scope),
        *_where_images_were(scope),
    )


def tasks_before(scope: Scope) -> tuple[Statement, ...]:
    """What a release does before rollouts: a policy of its own, because one would be too long. A task is a released revision
    with another command: the roles that it gets are those of the service."""
    return (
        Statement(
            reason="run what comes before a rollout",
            actions=["ecs:RunTask"],
            resources=scope.families,
            conditions=_in_the_cluster(scope),
        ),
        Statement(
            reason="tag that task with the release",
            actions=["ecs:TagResource"],
            resources=scope.in_cluster("task"),
            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
        ),
        Statement(reason="stop it when it takes too long", actions=["ecs:StopTask"], resources=scope.in_cluster("task")),
    )


def updates(scope: Scope) -> tuple[Statement, ...]:
    """What a release does to each service: a policy of its own, because it grows with their number."""
    return tuple(_update(scope, service) for service in scope.services)


def operator(scope: Scope) -> tuple[Statement, ...]:
    """Keep it running, beside what a viewer may: freeze, scale, look into logs, start a stopped database."""
    return (
        _hold_the_lock(scope),
        # Without a task definition: what runs is for releases to say.
        Statement(
            reason="scale services",
            actions=["ecs:UpdateService"],
            resources=[scope.service(service) for service in scope.services],
            conditions={"Null": {"ecs:task-definition": "true"}},
        ),
        Statement(reason="write into the ledger", actions=["dynamodb:PutItem"], resources=[scope.table]),
        _bounds_of_scaling(scope),
        Statement(
            reason="see how scaling decides",
            actions=["application-autoscaling:DescribeScalingPolicies"],
            resources=EVERYTHING,
        ),
        Statement(
            reason="read the services' logs",
            actions=["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartLiveTail"],
            resources=[*scope.log_groups, *scope.log_streams],
        ),
        Statement(reason="read metrics", actions=["cloudwatch:GetMetricData"], resources=EVERYTHING),
        Statement(
            reason="see and start the database",
            actions=["rds:DescribeDBInstances", "rds:StartDBInstance"],
            resources=[scope.arn("rds", f"db:{scope.names.database}")],
        ),
    )


def maintenance(scope: Scope) -> tuple[Statement, ...]:
    """What is rarely done and cannot be undone, beside what a viewer may: prune, and one-off tasks on the database."""
    stem = f"{scope.names.database}-*"
    return (
        _hold_the_lock(scope),
        # DeregisterTaskDefinition cannot be scoped, which is why no release has it.
        Statement(
            reason="prune task definitions",
            actions=["ecs:DeregisterTaskDefinition", "ecs:ListTaskDefinitions"],
            resources=EVERYTHING,
        ),
        Statement(reason="prune images", actions=["ecr:BatchDeleteImage", "ecr:ListImages"], resources=scope.repositories),
        Statement(
            reason="run tasks on the database",
            actions=["ecs:RunTask"],
            resources=[scope.revisions(stem)],
            conditions=_in_the_cluster(scope),
        ),
        Statement(
            reason="hand those tasks their roles",
            actions=["iam:PassRole"],
            resources=[scope.role(stem)],
            conditions={"StringEquals": {"iam:PassedToService": TASKS}},
        ),
    )


def _update(scope: Scope, service: str) -> Statement:
    """Each service to its own definitions; to the template only when a first release failed and is taken back.

    `IfExists`, because a service that is set to 0 tasks keeps its definition and the call names none.
    """
    families = (scope.names.family(service), scope.names.template_family(service))
    return Statement(
        reason=f"update the {service}",
        actions=["ecs:UpdateService"],
        resources=[scope.service(service)],
        conditions={"ArnLikeIfExists": {"ecs:task-definition": [scope.revisions(family) for family in families]}},
    )


def _where_images_were(scope: Scope) -> tuple[Statement, ...]:
    rule, reason = scope.promotion, "see where an image was live"
    if rule is None:
        return ()
    if rule.role is not None:
        return (Statement(reason=reason, actions=["sts:AssumeRole"], resources=[rule.role]),)
    table = scope.arn("dynamodb", f"table/{rule.releases_table}")
    return (Statement(reason=reason, actions=["dynamodb:Query"], resources=[table]),)


def _hold_the_lock(scope: Scope) -> Statement:
    return Statement(reason="hold the lock", actions=["dynamodb:UpdateItem"], resources=[scope.table])


def _in_the_cluster(scope: Scope) -> Conditions:
    return {"ArnEquals": {"ecs:cluster": scope.cluster}}


def _bounds_of_scaling(scope: Scope) -> Statement:
    """A first release sets the minimum, a sync brings a changed one, an operator holds a count."""
    return Statement(
        reason="set the bounds of scaling",
        actions=["application-autoscaling:RegisterScalableTarget"],
        resources=[scope.arn("application-autoscaling", "scalable-target/*")],
        conditions={"StringEquals": {"application-autoscaling:service-namespace": "ecs"}},
    )
