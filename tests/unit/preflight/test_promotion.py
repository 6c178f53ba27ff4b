"""Only what was live, and settled, where it has to serve first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.exceptions import EndpointConnectionError

from appdeploy.aws import clients as aws_module
from appdeploy.aws.releases_table import RELEASES, put_of
from appdeploy.model.contract import Promotion
from appdeploy.model.ledger_entry import Entry, ServiceEntry, VersionRef
from appdeploy.model.operation import Deploy, Restart
from appdeploy.plan.prepare import Request, prepare
from appdeploy.preflight.check import Verdict
from tests.support.fake_table import TABLE
from tests.support.release_scenario import DIGESTS, REGION, platform_contract

RULE = Promotion(environment="preview", region=REGION, releases_table=TABLE)
ROLE = "arn:aws:iam::210987654321:role/axonflow-preview-viewer"


@pytest.fixture(autouse=True)
def platform(aws):
    aws.environment(aws.released())
    aws.parameters["platform"] = platform_contract(promotion=RULE).dump()


@pytest.fixture
def served(aws):
    """The other environment has released a version of the agent, at second `number` of some hour."""

    def go(version="v2", *, outcome="live", settled=True, number=0, service="agent"):
        release = f"upgrade-2026-1120-09{number // 60:02}{number % 60:02}-{number:06x}"
        entry = ServiceEntry(
            service="arn",
            change="release",
            previous=VersionRef(),
            target=VersionRef(digest=DIGESTS[version]),
            outcome=outcome,
            settled=settled,
        )
        kept = Entry(
            id=release,
            kind="upgrade",
            environment="preview",
            purpose=version,
            who="alice",
            started=datetime(2026, 11, 20, 9, number // 60, number % 60, tzinfo=UTC),
            services={service: entry},
        )
        aws.table.put(put_of(TABLE, kept)["Put"]["Item"])
        return release

    return go


@pytest.fixture
def look(clients):
    """The promotion's row of a release; None when there is none."""

    def go(goal=Deploy("v2"), incident=None):  # noqa: B008
        prepared = prepare(Request("staging", goal, (), incident), clients)
        return next((check for check in prepared.checks if check.what == "promotion"), None)

    return go


def test_what_was_live_and_settled_there_is_taken(look, served):
    release = served()
    row = look()
    assert (row.verdict, row.service) == (Verdict.OK, "agent")
    assert row.found.endswith(f"was live in preview with {release}")


@pytest.mark.parametrize(
    "else_",
    [
        {"outcome": "rolled-back-by-ecs"},
        {"settled": False},
        {"version": "v1"},
        {"service": "orchestrator"},
    ],
    ids=["rolled-back", "not-settled", "another-image", "another-service"],
)
def test_what_was_not_is_refused_and_told_the_way_on(look, served, else_):
    served(**else_)
    row = look()
    assert row.verdict is Verdict.NO
    assert row.found.endswith("was never live and settled in preview")
    assert row.remedy == "release it to preview first; --during-incident REASON bypasses this"


def test_an_incident_passes_it_and_says_so(look):
    row = look(incident="customers cannot log in")
    assert (row.verdict, row.found.rsplit("; ")[-1]) == (Verdict.OK, "bypassed during an incident")


def test_what_runs_already_is_not_asked_for(look):
    assert look(Restart()) is None


def test_an_environment_without_the_rule_asks_nobody(aws, look):
    aws.parameters["platform"] = platform_contract().dump()
    assert look() is None
    assert aws.count("Query") == 0


def test_a_ledger_that_cannot_be_read_keeps_the_rule(aws, look):
    aws.answers["Query"] = [EndpointConnectionError(endpoint_url="https://dynamodb")] * 4
    row = look()
    assert row.verdict is Verdict.NO
    assert row.found.startswith("the ledger of preview could not be read: ")
    assert "--during-incident" in row.remedy


def test_an_old_release_is_found_behind_hundreds_of_newer_ones(aws, look, served):
    release = served()
    for number in range(1, 251):
        served("v1", number=number)
    assert look().found.endswith(f"was live in preview with {release}")
    assert aws.count("Query") == 3


def test_a_broken_entry_at_the_end_of_a_page_does_not_end_the_search(aws, look, served):
    """Its id is no release's: the search goes on from its key."""
    release = served()
    broken = {"pk": RELEASES, "sk": {"S": "2026-1120-090101-000000"}, "entry": {"S": "{"}, "version": {"N": "1"}}
    aws.table.put(broken)
    for number in range(62, 161):
        served("v1", number=number)
    assert release in look().found


def test_another_accounts_ledger_is_read_with_the_role_that_the_contract_names(aws, look, served, clients, monkeypatch):
    aws.parameters["platform"] = platform_contract(promotion=RULE.model_copy(update={"role": ROLE})).dump()
    sessions = []
    monkeypatch.setattr(aws_module, "_ledger", lambda *where: sessions.append(where) or clients.dynamodb)
    served()
    assert look().verdict is Verdict.OK
    [(_, _, sent)] = [call for call in aws.calls if call[1] == "AssumeRole"]
    assert sent["RoleArn"] == ROLE
    assert sessions == [(REGION, "key", "hidden", "token")]
