"""Real boto3 clients for unit tests, whose calls are answered in this process: parameters are still validated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSResponse

from appdeploy.aws.clients import Clients, connect
from appdeploy.model.clock import SystemClock
from tests.support.fake_aws import FakeAws
from tests.support.release_scenario import REGION, AwsSays
from tests.support.tool_clients import every_client


class Switchboard:
    """Real clients, made once, whose calls go to whichever FakeAws is plugged in."""

    def __init__(self) -> None:
        self.clients: Clients = connect(REGION)
        self.aws = FakeAws()
        for client in every_client(self.clients):
            client.meta.events.register("before-parameter-build", self._remember)
            client.meta.events.register("before-call", self._answer)

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> Any:
        reply = self.aws.answer(model.service_model.service_name, model.name, context["asked"])
        if isinstance(reply, BaseException):
            raise reply
        if isinstance(reply, AwsSays):
            error = {"Error": {"Code": reply.code, "Message": reply.message}}
            return AWSResponse("", reply.status, {}, None), {
                **error,
                **reply.more,
                "ResponseMetadata": {"HTTPStatusCode": reply.status},
            }
        return AWSResponse("", 200, {}, None), reply


class StepClock:
    """A clock that moves only when someone sleeps. `on_sleep` may raise, as an interruption does."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.cancelled = False
        self.on_sleep: Callable[[], None] = lambda: None
        signals = SystemClock()
        self.interrupt, self.holding_back = signals.interrupt, signals.holding_back

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.on_sleep()
        self.time += seconds

    def clear_cancelled(self) -> None:
        """Nothing was cancelled."""
