"""What an interrupted `up` left in the state, and the state with what AWS has of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.interrupted_creations import NotPending, import_created, listing, pending

VPC, ROLE, GROUP = (
    f"urn:pulumi:staging::axonflow::aws:{kind}::{name}" for kind, name in (("a", "vpc"), ("b", "role"), ("c", "group"))
)


def note(urn: str, kind: str = "creating", **more: Any) -> dict[str, Any]:
    resource = {"urn": urn, "custom": True, "type": "aws:a", "inputs": {"cidrBlock": "10.0.0.0/16"}, "parent": "p", **more}
    return {"type": kind, "resource": resource}


@pytest.fixture
def state() -> dict[str, Any]:
    operations = [
        note(VPC, inputs={"cidrBlock": "10.0.0.0/16", "tagsAll": {"Name": "network"}}),
        note(ROLE, id="role"),
        note(GROUP),
    ]
    deployment = {"resources": [{"urn": "stack"}], "pending_operations": [*operations, note("updated", "updating")]}
    return {"version": 3, "deployment": deployment}


def test_what_has_an_id_becomes_a_resource_with_all_that_its_note_says(state: dict[str, Any]) -> None:
    deployment = import_created(state, {VPC: "vpc-1"})["deployment"]
    stack, vpc, role = deployment["resources"]
    assert stack == {"urn": "stack"}
    assert (vpc["urn"], vpc["id"], vpc["parent"]) == (VPC, "vpc-1", "p")
    assert vpc["outputs"] == vpc["inputs"]
    assert (role["urn"], role["id"]) == (ROLE, "role")


def test_what_has_none_stays_a_note(state: dict[str, Any]) -> None:
    rest = import_created(state, {VPC: "vpc-1"})["deployment"]["pending_operations"]
    assert [each["resource"]["urn"] for each in rest] == [GROUP, "updated"]


def test_an_id_for_what_is_not_being_created_is_refused(state: dict[str, Any]) -> None:
    with pytest.raises(NotPending, match="updated is not being created"):
        import_created(state, {"updated": "x"})


def test_a_state_at_rest_has_nothing_pending(state: dict[str, Any]) -> None:
    del state["deployment"]["pending_operations"]
    assert pending(state) == []
    assert import_created(state, {}) == state


def test_the_listing_says_what_to_look_for(state: dict[str, Any]) -> None:
    assert list(listing(state))[:4] == [
        VPC,
        "    id unknown; cidrBlock=10.0.0.0/16, tag Name=network",
        ROLE,
        "    id role; cidrBlock=10.0.0.0/16",
    ]


def test_the_command_mends_a_file(state: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(state))
    command = [sys.executable, "-m", "infra.interrupted_creations", str(path), "--exists", VPC, "vpc-1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == import_created(state, {VPC: "vpc-1"})
    wrong = subprocess.run([*command, "--exists", "nothing", "x"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout, len(wrong.stderr.splitlines())) == (2, "", 1)
