"""At a terminal a change of a protected environment needs a yes, before the lock is taken."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from appdeploy.model.contract import Scaling
from tests.support.release_scenario import DONE, LONG_AGO, Moment, platform_contract
from tests.support.rollbacks import OK, remembered

DEPLOY = ("deploy", "-e", "staging", "--version", "v2")
CHANGES = {
    "deploy": DEPLOY,
    "sync": ("sync", "-e", "staging"),
    "restart": ("restart", "-e", "staging"),
    "scale": ("scale", "agent", "4", "-e", "staging"),
    "config set": ("config", "set", "agent", "LOG_LEVEL=debug", "-e", "staging"),
    "config unset": ("config", "unset", "agent", "LOG_LEVEL", "-e", "staging"),
}
QUESTION = "staging is protected. Type yes to go on: "
REFUSED = "appdeploy: nothing was changed: staging is protected, and the answer was not yes\n"


def protect(aws, protected=True):
    aws.parameters["platform"] = platform_contract(protected=protected).dump()


@pytest.fixture
def agent(aws):
    service = aws.released(scaling=Scaling(minimum=2, maximum=6))
    service.script = [Moment(), DONE]
    aws.environment(service)
    aws.minimums["axonflow-staging-agent-service"] = 2
    aws.settings["/axonflow/staging/config/agent/LOG_LEVEL"] = [("info", LONG_AGO), ("warn", LONG_AGO)]
    fields = aws.task_definitions[service.task_definition]["taskDefinition"]
    secret = {"name": "LOG_LEVEL", "valueFrom": "/axonflow/staging/config/agent/LOG_LEVEL"}
    fields["containerDefinitions"][0]["secrets"].append(secret)
    aws.move_template(service)
    protect(aws)
    return service


class Person(io.StringIO):
    """Someone at a terminal, who answers once; `seen` is what had been written to AWS by then."""

    def __init__(self, aws, answer):
        super().__init__()
        self._aws = aws
        self._answer = answer
        self.asked = 0
        self.seen = None

    def readline(self, *_):
        self.asked += 1
        self.seen = [*self._aws.writes, *self._aws.lock_writes]
        if self._answer is KeyboardInterrupt:
            raise KeyboardInterrupt
        return self._answer


@pytest.fixture
def answering(aws, monkeypatch):
    monkeypatch.setattr("appdeploy.app.console.can_ask", lambda: True)

    def person(answer):
        at_the_keyboard = Person(aws, answer)
        monkeypatch.setattr(sys, "stdin", at_the_keyboard)
        return at_the_keyboard

    return person


def changed(aws):
    return [
        *aws.writes,
        *aws.lock_writes,
        *(call for call in aws.calls if call[1] in ("PutParameter", "RegisterScalableTarget")),
    ]


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
def test_a_yes_goes_on_and_the_lock_was_not_taken_before_it(aws, agent, command, answering, capsys, words):
    person = answering("yes\n")
    assert command(*words) == 0
    assert (person.asked, person.seen) == (1, [])
    assert QUESTION in capsys.readouterr().out
    assert changed(aws) != []


@pytest.mark.parametrize("answer", ["no\n", "\n", "y\n", "YES\n", "", "yess\n"], ids=repr)
def test_only_yes_is_a_yes(aws, agent, command, answering, capsys, answer):
    answering(answer)
    assert command(*DEPLOY) == 10
    assert capsys.readouterr().err == REFUSED
    assert changed(aws) == []


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
def test_a_no_changes_nothing(aws, agent, command, answering, words):
    answering("no\n")
    assert command(*words) == 10
    assert changed(aws) == []


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
def test_ctrl_c_at_the_question_changes_nothing(aws, agent, command, answering, capsys, words):
    answering(KeyboardInterrupt)
    assert command(*words) == 130
    assert capsys.readouterr().err == "appdeploy: interrupted; nothing was changed\n"
    assert changed(aws) == []


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("yes", ["--yes", "-y"])
def test_with_yes_nothing_is_asked(agent, command, answering, words, yes):
    person = answering("no\n")
    assert command(*words, yes) == 0
    assert person.asked == 0


def test_with_json_nothing_is_asked(agent, command, answering):
    person = answering("no\n")
    assert command(*DEPLOY, "--json") == 0
    assert person.asked == 0


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
def test_a_plan_alone_asks_nothing(agent, command, answering, words):
    person = answering("no\n")
    assert command(*words, "--plan") == 0
    assert person.asked == 0


def test_in_a_pipe_nothing_is_asked(agent, command, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("no\n"))
    assert command(*DEPLOY) == 0


def test_an_environment_that_is_not_protected_asks_nothing(aws, agent, command, answering):
    protect(aws, protected=False)
    person = answering("no\n")
    assert command(*DEPLOY) == 0
    assert person.asked == 0


def test_where_nothing_is_to_be_done_nothing_is_asked(agent, command, answering):
    person = answering("no\n")
    assert command("deploy", "-e", "staging", "--version", "v1") == 0
    assert command("scale", "agent", "2", "-e", "staging") == 0
    assert person.asked == 0


def test_what_is_refused_is_not_asked_about(agent, command, answering):
    person = answering("yes\n")
    assert command("deploy", "-e", "staging", "--version", "v7") == 10
    assert person.asked == 0


def test_a_rollback_and_a_resume_never_ask(aws, command, answering, run):
    remembered(aws, ("v1", OK), ("v2", OK))
    protect(aws)
    person = answering("no\n")
    assert command("rollback", "-e", "staging", "--until", "live") == 0
    assert command("resume", "-e", "staging") in (0, 10)
    assert person.asked == 0


def test_the_plan_is_shown_first_as_plan_shows_it(aws, agent, command, answering, capsys):
    answering("no\n")
    assert command("sync", "-e", "staging", "--plan") == 0
    planned = capsys.readouterr().out.splitlines()
    command("sync", "-e", "staging")
    before = capsys.readouterr().out.partition("staging is protected")[0].splitlines()
    services = planned[1 : next(index for index, line in enumerate(planned) if line.startswith("preflight"))]
    assert before[-len(services) :] == services
    assert any("newer template: " in line for line in services)


def test_details_that_cannot_be_read_keep_nobody_from_answering(aws, agent, command, answering, capsys, monkeypatch):
    person = answering("yes\n")

    def broken(prepared, clients):
        from appdeploy.model.errors import Refused

        raise Refused("the plan could not be read: no answer")

    monkeypatch.setattr("appdeploy.plan.preview.preview_of", broken)
    assert command(*DEPLOY) == 0
    assert person.asked == 1
    assert "the plan could not be read: no answer" in capsys.readouterr().out


@pytest.fixture
def while_it_waits(aws, monkeypatch, command):
    """The environment is frozen; during the first pause of the command that is lifted, and something else happens."""

    def arrange(act):
        aws.lock_item = {"freeze": {"M": {name: {"S": name} for name in ("who", "since", "reason")}}}

        def sleep(self, seconds):
            if aws.lock_item.get("freeze"):
                aws.lock_item = {}
                act()

        monkeypatch.setattr("appdeploy.model.clock.SystemClock.sleep", sleep)

    return arrange


def test_a_plan_that_became_another_one_while_it_waited_is_refused(aws, agent, command, answering, while_it_waits, capsys):
    answering("yes\n")
    while_it_waits(lambda: aws.remember(agent, ("v2", OK)))
    assert command("restart", "-e", "staging", "--lock-wait", "600") == 10
    assert "since it was confirmed the plan has become another one: run it again" in capsys.readouterr().err
    assert aws.count("UpdateService") == 0


def test_the_same_plan_goes_on_after_a_wait_without_a_second_question(agent, command, answering, while_it_waits):
    person = answering("yes\n")
    while_it_waits(lambda: None)
    assert command(*DEPLOY, "--lock-wait", "600") == 0
    assert person.asked == 1


@pytest.mark.parametrize(
    ("terminals", "variables", "expected"),
    [((0, 1), {}, True), ((0,), {}, False), ((1,), {}, False), ((0, 1), {"CI": "true"}, False)],
    ids=["both", "standard input alone", "standard output alone", "CI"],
)
def test_it_asks_where_a_person_can_answer(terminals, variables, expected):
    program = "import sys; from appdeploy.render.question import can_ask; sys.stderr.write(str(can_ask()))"
    ours, theirs = pty.openpty()
    streams = {number: theirs if number in terminals else subprocess.DEVNULL for number in (0, 1)}
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | variables
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=streams[0],
        stdout=streams[1],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        check=True,
    )
    os.close(ours)
    os.close(theirs)
    assert done.stderr == str(expected)


def test_what_changed_while_a_person_was_thinking_is_not_undone(aws, agent, command, monkeypatch, answering, capsys):
    """Another release ran to its end meanwhile: the lock is free, and the restart would bring the former version back."""

    class Slow(Person):
        def readline(self, *_):
            aws.remember(agent, ("v2", OK))
            return super().readline()

    answering("yes\n")
    monkeypatch.setattr(sys, "stdin", Slow(aws, "yes\n"))
    assert command("restart", "-e", "staging") == 10
    assert "run it again" in capsys.readouterr().err
    assert aws.count("UpdateService") == 0
