"""Config: settings written before a restart, and put back before a failed one starts any task again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from appdeploy.aws.releases_table import put_of
from appdeploy.model.errors import Interrupted, OutOfReach, Refused
from appdeploy.model.events import Note
from appdeploy.model.ledger_entry import ServiceEntry, SettingChange, StepKind, VersionRef
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import Change
from appdeploy.model.release_id import new_release_id
from appdeploy.reconcile.list import list_releases
from appdeploy.reconcile.resume import Request as ResumeRequest
from appdeploy.reconcile.resume import prepare_resume
from appdeploy.render.releases import detail_lines
from appdeploy.render.status import status_lines
from appdeploy.settings.history import previous_values
from appdeploy.settings.listing import list_settings, setting_lines
from appdeploy.settings.prepare import Request, prepare_config, setting, unsetting
from appdeploy.settings.setting import parse_assignments
from appdeploy.status.read import read_status
from tests.support.fake_aws import Kill
from tests.support.fake_table import TABLE
from tests.support.release_scenario import DONE, LONG_AGO, ROLLED_BACK, AwsSays, Moment, crashed, only, task_definition_arn, up
from tests.support.rollbacks import entry_of

PATH = "/axonflow/staging/config/agent/"
LEVEL = f"{PATH}LOG_LEVEL"
TIMED_OUT = ReadTimeoutError(endpoint_url="https://ssm")
CRASHING = [Moment(), Moment((crashed(1), crashed(2)))]
BACK = replace(ROLLED_BACK, tasks=(*ROLLED_BACK.tasks, up(1), up(2)))


@pytest.fixture
def agent(aws):
    service = aws.scripted(Moment(), DONE, after_stop=[Moment(status="ROLLBACK_IN_PROGRESS", primary="former"), BACK])
    for key, value in (("LOG_LEVEL", "info"), ("SAMPLE", "0.1")):
        aws.settings[f"{PATH}{key}"] = [(value, LONG_AGO)]
        reads = {"name": key, "valueFrom": f"arn:aws:ssm:eu-central-1:123456789012:parameter{PATH}{key}"}
        definition = aws.task_definitions[service.task_definition]["taskDefinition"]
        definition["containerDefinitions"][0]["secrets"].append(reads)
    return service


@pytest.fixture
def configure(clients, run):
    """Set settings of the agent, or with `unset` return to their first values."""

    def go(*assignments, unset=(), **options):
        values = unsetting("staging", "agent", unset) if unset else setting(parse_assignments(assignments))
        request = Request("staging", "agent", values)
        return only(run(plan=lambda: prepare_config(request, clients), **options))

    return go


@pytest.fixture
def resume(clients, aws, run):
    def go():
        aws.dead = False
        aws.let_lease_pass()
        return only(run(plan=lambda: prepare_resume(ResumeRequest("staging", None), clients)))

    return go


def values(aws, name=LEVEL):
    return [value for value, _ in aws.settings[name]]


def order(aws):
    wanted = ("PutParameter", "UpdateService", "StopServiceDeployment")
    return [name for _, name, _ in aws.calls if name in wanted]


def shown(clients):
    return "\n".join(status_lines(read_status(clients, "staging", ())))


def test_values_are_written_before_new_tasks_start(aws, agent, configure):
    assert configure("LOG_LEVEL=debug", "SAMPLE=1").outcome is Outcome.LIVE
    assert order(aws) == ["PutParameter", "PutParameter", "UpdateService"]
    assert (values(aws), values(aws, f"{PATH}SAMPLE")) == (["info", "debug"], ["0.1", "1"])
    [(_, update)] = aws.writes
    assert (update["forceNewDeployment"], "desiredCount" in update) == (True, False)


def test_the_ledger_keeps_former_and_wanted_values(aws, agent, configure, clients):
    configure("LOG_LEVEL=debug")
    [entry] = aws.ledger
    assert (entry.kind, entry.outcome) == ("config", "live")
    assert entry.services["agent"].settings == (SettingChange(key="LOG_LEVEL", previous="info", target="debug"),)
    assert {step.kind for step in entry.steps if step.finished} == {StepKind.WRITE_SETTINGS, StepKind.UPDATE}
    [reading] = list_releases(clients, "staging", 5, None, only_open=False)
    assert "LOG_LEVEL: info -> debug" in "\n".join(detail_lines(reading))


def test_a_failing_restart_has_its_former_values_back_before_it_is_stopped(aws, agent, configure):
    agent.script = CRASHING
    result = configure("LOG_LEVEL=broken")
    assert result.outcome is Outcome.ROLLED_BACK
    assert order(aws) == ["PutParameter", "UpdateService", "PutParameter", "StopServiceDeployment"]
    assert values(aws) == ["info", "broken", "info"]
    assert aws.ledger[0].settled


def test_when_ecs_goes_back_by_itself_the_former_values_are_back_at_the_first_look(aws, agent, configure):
    agent.script = [Moment(), Moment(status="ROLLBACK_IN_PROGRESS", primary="former"), BACK]
    assert configure("LOG_LEVEL=broken", patient=True).outcome is Outcome.ROLLED_BACK_BY_ECS
    assert values(aws) == ["info", "broken", "info"]


def test_a_task_of_the_way_back_that_read_what_failed_needs_a_person(aws, agent, configure):
    late = replace(up(3), made=LONG_AGO + timedelta(seconds=1))
    agent.script = [Moment(), replace(BACK, tasks=(*BACK.tasks, late))]
    result = configure("LOG_LEVEL=broken", patient=True)
    assert result.outcome is Outcome.FAILED
    assert (
        "1 task started before the previous settings were restored: `appdeploy restart -e staging -s agent` replaces them"
        in result.cause
    )


def test_an_update_that_aws_refuses_puts_the_values_back(aws, agent, configure):
    aws.answers["UpdateService"] = [AwsSays("AccessDeniedException", "no")]
    assert configure("LOG_LEVEL=debug").outcome is Outcome.REFUSED
    assert values(aws) == ["info", "debug", "info"]


def test_values_that_may_not_be_written_change_nothing(aws, agent, configure):
    aws.answers["PutParameter"] = [AwsSays("AccessDeniedException", "no")] * 2
    result = configure("LOG_LEVEL=debug")
    assert (result.outcome, aws.writes, values(aws)) == (Outcome.REFUSED, [], ["info"])
    assert "the settings could not be written: not allowed" in result.cause


def test_a_silent_ssm_does_not_keep_a_failing_restart_running(aws, agent, configure, clock):
    agent.script = CRASHING
    aws.after["UpdateService"] = []
    silent = [TIMED_OUT] * 1000
    asked = type(aws).answer

    def answer(self, service, operation, params):
        if service == "ssm" and self.count("UpdateService") and silent and not self.count("StopServiceDeployment"):
            self.calls.append((service, operation, params))
            return silent.pop()
        return asked(self, service, operation, params)

    aws.answer = lambda *call: answer(aws, *call)
    assert configure("LOG_LEVEL=broken").outcome is Outcome.ROLLED_BACK
    assert values(aws) == ["info", "broken", "info"]


def test_a_lost_answer_is_looked_up(aws, agent, configure):
    aws.after["PutParameter"] = [TIMED_OUT]
    assert configure("LOG_LEVEL=debug").outcome is Outcome.LIVE
    assert values(aws) == ["info", "debug"]


def test_unset_returns_to_the_value_that_infra_created(aws, agent, configure):
    aws.settings[LEVEL] += [("debug", LONG_AGO), ("trace", LONG_AGO)]
    configure(unset=("LOG_LEVEL",))
    assert values(aws)[-1] == "info"


def test_unset_is_refused_where_ssm_has_forgotten_the_first_value(aws, agent, configure):
    aws.settings[LEVEL] += [("debug", LONG_AGO)] * 100
    with pytest.raises(Refused, match="SSM no longer has the first value of LOG_LEVEL"):
        configure(unset=("LOG_LEVEL",))
    assert aws.lock_writes == []


def test_what_all_tasks_have_already_is_unchanged(aws, agent, configure):
    agent.moment = Moment((replace(up(1), made=LONG_AGO + timedelta(1)),), primary="former", rollout="COMPLETED", count=2)
    assert configure("LOG_LEVEL=info").outcome is Outcome.UNCHANGED
    assert (aws.ledger, order(aws)) == ([], [])


def test_a_value_that_tasks_do_not_have_yet_is_brought_by_a_restart_alone(aws, agent, configure):
    agent.moment = Moment((replace(up(1), made=LONG_AGO - timedelta(1)),), primary="former", rollout="COMPLETED", count=2)
    assert configure("LOG_LEVEL=info").outcome is Outcome.LIVE
    assert order(aws) == ["UpdateService"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("LOG_LEVEL",), "is not KEY=VALUE"),
        (("=debug",), "is not KEY=VALUE"),
        (("LOG_LEVEL=",), "cannot be empty"),
        (("LOG_LEVEL=a", "LOG_LEVEL=b"), "given twice"),
        ((f"LOG_LEVEL={'é' * 2049}",), "4098 bytes, and a standard parameter holds 4096"),
        (("LOG_LEVEL={{ssm:other}}",), "does not accept {{"),
        (("NOPE=1",), "agent has no setting NOPE: it has LOG_LEVEL, SAMPLE"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(aws, agent, configure, words, said):
    with pytest.raises(Refused, match=said):
        configure(*words)
    assert (aws.lock_writes, order(aws)) == ([], [])


def test_a_value_may_hold_equals_signs_and_4096_bytes(aws, agent, configure):
    value = "a=b" + "x" * 4093
    configure(f"LOG_LEVEL={value}")
    assert values(aws)[-1] == value


@pytest.mark.parametrize(("key", "kind"), [("DATABASE_PASSWORD", "String"), ("LOG_LEVEL", "SecureString")])
def test_what_may_hold_a_secret_is_refused(aws, agent, configure, key, kind):
    aws.settings[f"{PATH}{key}"] = [("canary", LONG_AGO)]
    aws.setting_type = kind
    with pytest.raises(Refused, match="may hold a secret") as caught:
        configure(f"{key}=other")
    assert "canary" not in str(caught.value)
    assert aws.lock_writes == []


def test_a_setting_that_the_running_definition_does_not_read_is_refused(aws, agent, configure):
    aws.settings[f"{PATH}NEW"] = [("1", LONG_AGO)]
    with pytest.raises(Refused, match="does not read NEW yet: run `appdeploy sync -e staging -s agent`"):
        configure("NEW=2")


def test_a_service_that_was_never_released_is_refused(aws, configure):
    aws.environment(aws.unreleased())
    with pytest.raises(Refused, match="never released"):
        configure("LOG_LEVEL=debug")


KILLED_AT = ("PutParameter", "UpdateService", "DescribeServices")


@pytest.mark.parametrize("fails", [False, True], ids=["good", "failing"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("operation", KILLED_AT)
def test_a_killed_command_is_resumed_to_one_of_the_two_right_states(
    aws, agent, configure, resume, clients, monkeypatch, operation, after, fails
):
    if fails:
        agent.script = CRASHING
    aws.kill = Kill(operation, after)
    with pytest.raises((Interrupted, OutOfReach)):
        configure("LOG_LEVEL=new")
    expected = (Outcome.ROLLED_BACK, "info") if fails else (Outcome.LIVE, "new")
    assert (resume().outcome, values(aws)[-1]) == expected
    assert order(aws).count("UpdateService") == 1
    assert (len(aws.ledger), aws.ledger[0].settled) == (1, True)


def test_a_failure_that_nobody_watched_stays_open_until_the_values_are_back(aws, agent, configure, resume, clients):
    agent.script = [Moment()]
    assert configure("LOG_LEVEL=broken", timeout=1.0).outcome is Outcome.TIMED_OUT
    agent.script = [BACK]
    text = shown(clients)
    assert "rolled-back-by-ecs, not settled: appdeploy resume -e staging config-" in text
    assert values(aws) == ["info", "broken"], "a reader changes nothing"
    assert resume().outcome is Outcome.ROLLED_BACK_BY_ECS
    assert values(aws) == ["info", "broken", "info"]
    assert "appdeploy resume" not in shown(clients)


def test_the_list_says_which_tasks_have_a_value(aws, agent, clients):
    older, newer = (replace(up(number), made=LONG_AGO + timedelta(days)) for number, days in ((1, 1), (2, 3)))
    agent.moment = Moment((older, newer), primary="former", rollout="COMPLETED", count=2)
    aws.settings[LEVEL].append(("debug", LONG_AGO + timedelta(2)))
    assert list(setting_lines("agent", list_settings(clients, "staging", "agent"))) == [
        "LOG_LEVEL=debug  (default info; 1 of 2 tasks have it, the others started with another value)",
        "SAMPLE=0.1  (default 0.1; all tasks have it)",
    ]


def test_tasks_from_before_a_change_that_was_put_back_have_the_value(aws, agent, clients):
    agent.moment = Moment((replace(up(1), made=LONG_AGO + timedelta(1)),), primary="former", rollout="COMPLETED", count=1)
    aws.settings[LEVEL] += [("broken", LONG_AGO + timedelta(2)), ("info", LONG_AGO + timedelta(3))]
    assert next(setting_lines("agent", list_settings(clients, "staging", "agent"))).endswith("all tasks have it)")


def test_the_commands(command, aws, agent, capsys):
    assert command("config", "set", "agent", "LOG_LEVEL=debug", "-e", "staging", "--reason", "hunting a bug") == 0
    assert "LOG_LEVEL: info -> debug" in capsys.readouterr().out
    assert aws.ledger[0].reason == "hunting a bug"
    assert command("config", "list", "agent", "-e", "staging") == 0
    assert "LOG_LEVEL=debug  (default info" in capsys.readouterr().out


def test_the_list_as_json_has_value_default_and_tasks(command, aws, agent, capsys):
    agent.moment = Moment((replace(up(1), made=LONG_AGO + timedelta(1)),), primary="former", rollout="COMPLETED", count=1)
    aws.settings[LEVEL].append(("debug", LONG_AGO + timedelta(2)))
    assert command("config", "list", "agent", "-e", "staging", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["environment"], printed["service"]) == ("staging", "agent")
    level, sample = printed["settings"]
    assert (level["key"], level["value"], level["default"]) == ("LOG_LEVEL", "debug", "info")
    assert (level["tasks"], level["tasks_current"], sample["tasks_current"]) == (1, 0, 1)


def test_the_command_that_returns_to_a_first_value(command, aws, agent, capsys):
    aws.settings[LEVEL].append(("debug", LONG_AGO))
    assert command("config", "unset", "agent", "LOG_LEVEL", "-e", "staging") == 0
    assert values(aws)[-1] == "info"


# The way back


@pytest.fixture
def history(aws, agent, configure, back):
    """v1, then v2, on which LOG_LEVEL was changed from info to debug; the agent is about to be rolled back."""
    aws.remember(agent, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    v1, v2 = (task_definition_arn(f"axonflow-staging-agent:{number}") for number in (1, 2))
    aws.settings[LEVEL].append(("debug", LONG_AGO))
    entries = [live(1, v1), live(2, v2), live(3, v2, SettingChange(key="LOG_LEVEL", previous="info", target="debug"))]
    for entry in entries:
        aws.table.put(put_of(TABLE, entry)["Put"]["Item"])
    return entries


def live(minute, task_definition, *changed):
    service = ServiceEntry(
        service="arn",
        change="restart" if changed else "release",
        previous=VersionRef(),
        target=VersionRef(task_definition=task_definition),
        settings=changed,
        outcome="live",
        settled=True,
    )
    moment = LONG_AGO + timedelta(minutes=minute)
    entry = entry_of(service, new_release_id("config" if changed else "upgrade", moment), moment)
    return (
        entry.with_step_started(StepKind.WRITE_SETTINGS, "agent").with_step_finished(StepKind.WRITE_SETTINGS, "agent")
        if changed
        else entry
    )


def test_a_rollback_restores_the_values_that_were_in_force_then(aws, history, back):
    assert only(back()).outcome is Outcome.LIVE
    assert order(aws) == ["PutParameter", "UpdateService"]
    assert values(aws)[-1] == "info"
    assert aws.ledger[0].services["agent"].settings == (SettingChange(key="LOG_LEVEL", previous="debug", target="info"),)


def test_a_rollback_that_fails_returns_to_the_values_before_it(aws, history, agent, back):
    agent.script = [Moment(), Moment(status="ROLLBACK_IN_PROGRESS", primary="former"), BACK]
    assert only(back()).outcome is Outcome.ROLLED_BACK_BY_ECS
    assert values(aws)[-2:] == ["info", "debug"]


@pytest.mark.parametrize(("operation", "said"), [("PutParameter", "may not have been restored"), ("Query", "")])
def test_a_rollback_goes_on_without_ssm_or_the_ledger(aws, history, back, run, operation, said):
    aws.answers[operation] = [TIMED_OUT] * 20
    assert only(back()).outcome is Outcome.LIVE
    assert values(aws)[-1] == "debug"
    assert said in " ".join(event.text for event in run.events if isinstance(event, Note))


def test_a_rollback_without_the_ledger_does_not_look(aws, history, back):
    assert only(back(with_settings=False)).outcome is Outcome.LIVE
    assert (order(aws), aws.count("Query")) == (["UpdateService"], 0)


def test_a_task_definition_that_the_ledger_does_not_reach_leaves_settings_alone():
    v1, v2 = "v1", "v2"
    change = SettingChange(key="LOG_LEVEL", previous="info", target="debug")
    assert previous_values([live(3, v2, change), live(2, v2)], "agent", v1) == ()
    assert previous_values([live(3, v2, change), live(2, v2), live(1, v1)], "agent", v2) == ()


def test_several_changes_are_undone_to_the_oldest():
    first, second = (SettingChange(key="K", previous=former, target=wanted) for former, wanted in (("a", "b"), ("b", "c")))
    entries = [live(3, "v2", second), live(2, "v2", first), live(1, "v1")]
    assert previous_values(entries, "agent", "v1") == (SettingChange(key="K", previous="c", target="a"),)


def test_what_a_rollback_restored_is_undone_by_the_way_forward():
    restored = SettingChange(key="K", previous="b", target="a")
    rollback = live(3, "v1").with_service("agent", change=Change.ROLLBACK.value, settings=(restored,))
    assert previous_values([rollback, live(2, "v2"), live(1, "v1")], "agent", "v2") == (
        SettingChange(key="K", previous="a", target="b"),
    )


def test_what_was_put_back_already_is_not_undone():
    change = SettingChange(key="K", previous="a", target="b")
    failed = (
        live(2, "v2", change)
        .with_step_started(StepKind.RESTORE_SETTINGS, "agent")
        .with_step_finished(StepKind.RESTORE_SETTINGS, "agent")
    )
    failed = failed.with_service("agent", outcome="rolled-back")
    assert previous_values([failed, live(1, "v1")], "agent", "v1") == ()


@pytest.mark.usefixtures("agent")
def test_a_plan_shows_the_values_and_writes_nothing(aws, command, capsys):
    assert command("config", "set", "agent", "LOG_LEVEL=debug", "-e", "staging", "--plan") == 0
    out = capsys.readouterr().out
    assert "LOG_LEVEL: info -> debug" in out
    assert "nothing is changed by this" in out
    assert aws.writes == []
    assert aws.settings[LEVEL] == [("info", LONG_AGO)]
