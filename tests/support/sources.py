"""Who says that ECS behaves as a scenario has it: AWS's documents, and public issues where those are silent."""

from __future__ import annotations

from enum import StrEnum

_DG = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide"
_API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"


class Source(StrEnum):
    """A document. A scenario names its own with `@pytest.mark.source(Source.BREAKER)`."""

    ROLLING = f"{_DG}/deployment-type-ecs.html"
    BREAKER = f"{_DG}/deployment-circuit-breaker.html"
    ALARMS = f"{_DG}/deployment-alarm-failure.html"
    STATES = f"{_DG}/service-deployment.html"
    STOPPING = f"{_DG}/stop-service-deployment.html"
    LOAD_BALANCING = f"{_DG}/service-load-balancing.html"
    EVENTS = f"{_DG}/service-event-messages-list.html"
    STEADY_STATE = f"{_DG}/ecs_service_events.html"
    LIFE = f"{_DG}/task-lifecycle-explanation.html"
    STOPPED_TASKS = f"{_DG}/stopped-task-error-codes.html"
    CANNOT_PULL = f"{_DG}/task_cannot_pull_image.html"
    INITIALIZATION = f"{_DG}/resource-initialization-error.html"
    LOGS = f"{_DG}/using_awslogs.html"
    LAUNCH_THROTTLE = f"{_DG}/service-throttle-logic.html"
    SPOT = f"{_DG}/fargate-capacity-providers.html"
    API_DEPLOYMENT = f"{_API}/API_Deployment.html"
    API_DEPLOYMENT_CONFIGURATION = f"{_API}/API_DeploymentConfiguration.html"
    API_BREAKER = f"{_API}/API_DeploymentCircuitBreaker.html"
    API_REVISION = f"{_API}/API_ServiceRevision.html"
    API_CREATE = f"{_API}/API_CreateService.html"
    API_UPDATE = f"{_API}/API_UpdateService.html"
    API_DELETE = f"{_API}/API_DeleteService.html"
    API_STOP_TASK = f"{_API}/API_StopTask.html"
    API_DESCRIBE_TASKS = f"{_API}/API_DescribeTasks.html"
    LOST_TASKS = "https://aws.amazon.com/about-aws/whats-new/2025/11/amazon-ecs-service-availability-rolling-deployments"
    CAPACITY = "https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity"
    CRASH_UNCOUNTED = "https://github.com/aws/containers-roadmap/issues/1206"
    PROVIDER_WAIT = "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go"
    PUT_IMAGE = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html"
