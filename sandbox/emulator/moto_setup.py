"""Hooks the emulator's parts into moto, without touching its files. moto is pinned: these names are its internals."""

from __future__ import annotations

import functools
from typing import Any

import moto.applicationautoscaling.urls
import moto.backends
import moto.cloudwatch.urls
import moto.core.responses
import moto.dynamodb.parsing.validators
import moto.ecs.urls
import moto.elasticache.urls
import moto.elb.urls
import moto.iam.models
import moto.rds.urls
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.emulator import eventbridge, topics
from sandbox.emulator.arrivals import Arrivals
from sandbox.emulator.autoscaling import AutoscalingApi
from sandbox.emulator.cloudwatch.api import CloudWatchApi
from sandbox.emulator.cloudwatch.watch import Watch
from sandbox.emulator.ecs.api_definitions import ClustersApi, DefinitionsApi
from sandbox.emulator.ecs.api_deployments import DeploymentsApi
from sandbox.emulator.ecs.api_tasks import TasksApi
from sandbox.emulator.ecs.scheduler import Scheduler
from sandbox.emulator.ecs.stale import StaleReads
from sandbox.emulator.elasticache import CacheApi
from sandbox.emulator.elb.api import ElbApi
from sandbox.emulator.elb.ports import ListenerPorts
from sandbox.emulator.elb.targets import TargetTable
from sandbox.emulator.rds import DatabaseApi


class EcsApi(DeploymentsApi, TasksApi, DefinitionsApi, ClustersApi):
    """The whole ECS API."""


def application(
    scheduler: Scheduler,
    ports: ListenerPorts,
    targets: TargetTable,
    stale_reads: StaleReads,
    watch: Watch,
    arrivals: Arrivals,
) -> Any:
    """moto as a WSGI application whose ECS, load balancer, CloudWatch, RDS and ElastiCache APIs act on these parts.

    One emulator at a time: moto's own state is the process's, and the newest application's parts are in charge.
    """
    ecs_api: Any = type("BoundEcsApi", (EcsApi,), {"scheduler": scheduler, "stale_reads": stale_reads})
    elb_api = type("BoundElbApi", (ElbApi,), {"lock": scheduler.lock, "ports": ports, "targets": targets})
    watch_api: Any = type("BoundCloudWatchApi", (CloudWatchApi,), {"watch": watch})
    moto.cloudwatch.urls.url_paths["{0}/$"] = watch_api.dispatch
    eventbridge.install()
    topics.install()
    moto.ecs.urls.url_paths["{0}/$"] = ecs_api.dispatch
    autoscaling: Any = type("BoundAutoscalingApi", (AutoscalingApi,), {"scheduler": scheduler})
    moto.applicationautoscaling.urls.url_paths["{0}/$"] = autoscaling.dispatch
    caches: Any = type("BoundCacheApi", (CacheApi,), {"arrivals": arrivals})
    moto.elasticache.urls.url_paths["{0}/$"] = caches.dispatch
    databases: Any = type("BoundDatabaseApi", (DatabaseApi,), {"arrivals": arrivals})
    moto.rds.urls.url_paths["{0}/$"] = databases.dispatch
    moto.elb.urls.ELBV2Response = elb_api
    _cache_look_ups()
    moto.iam.models.IAMBackend._init_aws_policies = _policies_of_aws
    return DomainDispatcherApplication(create_backend_app)


_make_policies = moto.iam.models.IAMBackend._init_aws_policies


def _policies_of_aws(backend: Any) -> list[Any]:
    """moto makes over a thousand managed policies for each of AWS's partitions, of which the sandbox has one."""
    made: list[Any] = _make_policies(backend) if backend.region_name == "aws" else []
    return made


def _cache_look_ups() -> None:
    """moto lists its own directory and the methods of an API class anew for every request, most of a call's cost."""
    modules = frozenset(moto.backends.list_of_moto_modules())
    moto.backends.list_of_moto_modules = lambda: modules
    moto.core.responses.method_names_from_class = _method_names
    # An update's expression is parsed for that call alone: no one needs its text from before its names were resolved.
    moto.dynamodb.parsing.validators.deepcopy = lambda expression: expression


@functools.cache
def _method_names(api: type) -> frozenset[str]:
    return frozenset(name for name in dir(api) if callable(getattr(api, name)))
