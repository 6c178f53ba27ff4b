"""What load balancers report of the requests that they handle.

Metrics, their units and when each is reported: docs.aws.amazon.com/elasticloadbalancing/latest/application/
load-balancer-cloudwatch-metrics.html
"""

from __future__ import annotations

from sandbox.emulator.cloudwatch.series import Metrics, Series

NAMESPACE = "AWS/ApplicationELB"


def balancer_of(listener_arn: str) -> str:
    """The value of the dimension LoadBalancer: `app/NAME/ID`."""
    return listener_arn.split(":listener/", 1)[1].rsplit("/", 1)[0]


def group_of(group_arn: str) -> str:
    """The value of the dimension TargetGroup: `targetgroup/NAME/ID`."""
    return group_arn.rpartition(":")[2]


def region_of(arn: str) -> str:
    return arn.split(":", 4)[3]


class Meter:
    """Counts requests. Called for every one of them, so it keeps the series that it has made."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._known: dict[tuple[str, str, str | None], tuple[Series, ...]] = {}

    def answered(self, listener_arn: str, group_arn: str, status: int, seconds: float) -> None:
        """A target answered, so long after the load balancer had passed the request on."""
        counted = (
            *self._series("RequestCount", listener_arn, group_arn),
            *self._series(f"HTTPCode_Target_{status // 100}XX_Count", listener_arn, group_arn),
        )
        timed = self._series("TargetResponseTime", listener_arn, group_arn)
        self._metrics.add_all([*((each, 1.0, "Count") for each in counted), *((each, seconds, "Seconds") for each in timed)])

    def refused(self, listener_arn: str, group_arn: str | None, status: int) -> None:
        """The load balancer answered itself, because there was no target, or the target that it chose (in `group_arn`) broke.

        A request without a target is not in RequestCount: "only incremented for requests where the load balancer node was
        able to choose a target".
        """
        chosen = self._series("RequestCount", listener_arn, group_arn) if group_arn else ()
        refused = self._series(f"HTTPCode_ELB_{status // 100}XX_Count", listener_arn, None)
        self._metrics.add_all((each, 1.0, "Count") for each in (*chosen, *refused))

    def _series(self, name: str, listener_arn: str, group_arn: str | None) -> tuple[Series, ...]:
        """Of the load balancer, and of the target group behind it."""
        key = (name, listener_arn, group_arn)
        if key not in self._known:
            balancer, region = {"LoadBalancer": balancer_of(listener_arn)}, region_of(listener_arn)
            of = [balancer, *([{**balancer, "TargetGroup": group_of(group_arn)}] if group_arn else [])]
            self._known[key] = tuple(Series.of(region, NAMESPACE, name, dimensions) for dimensions in of)
        return self._known[key]
