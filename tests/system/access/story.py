"""Every command under its documented role, in an order in which each finds what it needs."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.support import aws_platform
from tests.support.cli_harness import ended, wait_for
from tests.system.access.iam_platform import Site

Before = Callable[[Site], None]


def _nothing(_: Site) -> None:
    """Nothing has to be there."""


@dataclass(frozen=True)
class Step:
    """A command that a role runs, after something was done by root."""

    name: str
    role: str
    words: tuple[str, ...]
    expect: int = 0
    before: Before = _nothing
    shows: str = ""
    """Something that the command prints, so that the step did what it is for."""

    @property
    def command(self) -> str:
        """As the runbook's table names it."""
        return next(iter(self.words))


def _pushed(version: str, behaviour: str = "healthy") -> Before:
    def push(site: Site) -> None:
        site.push(version, behaviour)

    return push


def _with_lost_answer(site: Site) -> None:
    site.push("v2")
    site.fault("reset", "--action", "RegisterTaskDefinition", "--moment", "after", "--count", "1")


def _while_a_release_is_at_work(site: Site) -> None:
    site.push("v3", "no-capacity:1000000")  # It goes on until it is let go, however long the next command takes.
    site.forget_calls()
    site.start_as("release", "appdeploy", "deploy", "-e", "staging", "--version", "v3")
    wait_for(site, "UpdateService")
    wait_for(site, "DescribeTasks")


def _let_go(site: Site) -> None:
    site.behaves("v3", "healthy")


def _interrupted(site: Site) -> None:
    """A release that lost its terminal while ECS goes on with it."""
    site.push("v4", "slow:2")
    site.forget_calls()
    release = site.start_as("release", "appdeploy", "deploy", "-e", "staging", "--version", "v4")
    wait_for(site, "UpdateService")
    release.send_signal(signal.SIGINT)
    ended(release, 130)


def left_open(site: Site) -> None:
    """A release that was live when its command ended, and is complete by now."""
    site.leave_open("appdeploy", "deploy", "-e", "staging", "--version", site.push("v5"))


def _ssm_silent(site: Site) -> None:
    site.fault("timeout", "--service", "ssm", "--count", "1")


def _deregistered(site: Site) -> None:
    """Every revision but the one that runs."""
    ecs = site.client("ecs")
    running = ecs.describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE])["services"][0]
    for revision in ecs.list_task_definitions(familyPrefix=aws_platform.FAMILY)["taskDefinitionArns"]:
        if revision != running["taskDefinition"]:
            ecs.deregister_task_definition(taskDefinition=revision)


def _new_template(memory: str) -> Before:
    return lambda site: site.new_template(memory)


def _both(*acts: Before) -> Before:
    def act(site: Site) -> None:
        for each in acts:
            each(site)

    return act


def _with_a_task_before(version: str, behaviour: str) -> Before:
    def wish(site: Site) -> None:
        site.push(version, behaviour)
        site.wish_before({"command": ["migrate", "up"], "timeout_seconds": 10})

    return wish


def _without_a_task(site: Site) -> None:
    site.wish_before(None)
    site.push("v6")


VIEWER, RELEASE, OPERATOR = "viewer", "release", "operator"
COMPLETE = ("--until", "complete")
STEPS = (
    Step("status before the first release", VIEWER, ("status",), before=_new_template("512"), shows="not released"),
    Step("a first release that fails", RELEASE, ("deploy", "--version", "v0"), 22, _pushed("v0", "crash"), "exited"),
    Step("a first release", RELEASE, ("deploy", "--version", "v1", *COMPLETE), before=_pushed("v1")),
    Step("plan", VIEWER, ("plan", "--version", "v1-again"), before=_pushed("v1-again"), shows="nothing is in the way"),
    Step(
        "plan of an image for several architectures", VIEWER, ("plan", "--version", "several"), shows="architecture", expect=10
    ),
    Step("a release whose answer is lost", RELEASE, ("deploy", "--version", "v2", *COMPLETE), before=_with_lost_answer),
    Step("a release that fails", RELEASE, ("deploy", "--version", "bad"), 21, _pushed("bad", "crash"), "exited"),
    Step(
        "plan beside a release",
        VIEWER,
        ("plan", "--version", "v1"),
        10,
        before=_while_a_release_is_at_work,
        shows="is still in progress",
    ),
    Step("waits in line", RELEASE, ("deploy", "--version", "v1", "--lock-wait", "60", *COMPLETE), before=_let_go),
    Step("sees the drift", VIEWER, ("status", "--expect-synced"), 10, _new_template("1024"), "newer template"),
    Step("sync", RELEASE, ("sync", *COMPLETE)),
    Step("deploy --sync", RELEASE, ("deploy", "--sync", "--version", "v2", *COMPLETE), before=_new_template("2048")),
    Step("status of a release that no one watched to its end", VIEWER, ("status",), before=left_open, shows="v5"),
    Step("restart", RELEASE, ("restart", *COMPLETE)),
    Step("config set", RELEASE, ("config", "set", "agent", "LOG_LEVEL=debug", *COMPLETE), shows="LOG_LEVEL: info -> debug"),
    Step("config list", VIEWER, ("config", "list", "agent"), shows="LOG_LEVEL=debug  (default info; all tasks have it)"),
    Step("config unset", RELEASE, ("config", "unset", "agent", "LOG_LEVEL", *COMPLETE), shows="LOG_LEVEL: debug -> info"),
    Step("resume", RELEASE, ("resume", *COMPLETE), before=_interrupted),
    Step(
        "a task before it that hangs",
        *(RELEASE, ("deploy", "--version", "stuck"), 25, _with_a_task_before("stuck", "task-hangs"), "longer than 10 s"),
    ),
    Step("a release after that", RELEASE, ("deploy", "--version", "v6", *COMPLETE), before=_without_a_task),
    Step("rollback --list", VIEWER, ("rollback", "--list")),
    Step("rollback --list without SSM", VIEWER, ("rollback", "--list"), before=_ssm_silent),
    Step("rollback", RELEASE, ("rollback", *COMPLETE)),
    Step("rollback --without-ledger", RELEASE, ("rollback", "--without-ledger", *COMPLETE)),
    Step(
        "rollback to what was deregistered",
        RELEASE,
        ("rollback", *COMPLETE),
        before=_deregistered,
        shows="was deregistered and is registered again",
    ),
    Step("releases", VIEWER, ("releases",), shows="v1"),
    Step("scale --hold", OPERATOR, ("scale", "agent", "3", "--hold", "2h"), shows="3 of 3 tasks"),
    Step("status of a hold", VIEWER, ("status",), shows="held until"),
    Step("scale --release", OPERATOR, ("scale", "agent", "2", "--release"), shows="2 of 2 tasks"),
    Step("report", VIEWER, ("report", "latest"), shows="| outcome | live |"),
    Step("lock", OPERATOR, ("lock", "--reason", "load test")),
    Step("unlock", OPERATOR, ("unlock",)),
    Step("lock by who releases", RELEASE, ("lock", "--reason", "load test")),
    Step("unlock by who releases", RELEASE, ("unlock",)),
)


class Story:
    """The steps, each done once and after those before it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._said: list[str | AssertionError] = []

    def outcome(self, wanted: Step) -> str:
        """What a step printed. Raises what was wrong with it."""
        while len(self._said) <= STEPS.index(wanted):
            self._said.append(self._do(STEPS[len(self._said)]))
        said = self._said[STEPS.index(wanted)]
        if isinstance(said, AssertionError):
            raise said
        return said

    def _do(self, step: Step) -> str | AssertionError:
        try:
            step.before(self.site)
            said = self.site.run_as(step.role, "appdeploy", *step.words, "-e", "staging", expect=step.expect)
            assert step.shows in said, said
        except AssertionError as error:
            return error
        finally:
            self.site.emulator.control("DELETE", "faults")
        return said
