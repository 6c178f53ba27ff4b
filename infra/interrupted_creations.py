"""`python -m infra.interrupted_creations STATE`: lists the creations that an interrupted `pulumi up` left pending, and
imports those which AWS completed into the state.

The engine records each creation as a pending operation before it begins; if it is killed, the record has no id. `pulumi refresh
--import-pending-creates` of the pinned engine (3.259.0) drops such records instead of importing them: it marks them as
importing, which no step of a refresh reads (pkg/resource/deploy, pkg/backend/snapshot.go). Here a pending creation becomes a
resource in an exported state; the `pulumi refresh` after `pulumi stack import` reads the rest from AWS, and
removes what does not exist. Pulumi's documentation describes this edit of the exported state
(https://www.pulumi.com/docs/iac/operations/troubleshooting/editing-state-files/).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

State = dict[str, Any]
"""What `pulumi stack export` writes. Secrets in it are encrypted, and stay so."""

_IDENTIFYING_INPUTS = (
    *("name", "identifier", "replicationGroupId", "cidrBlock", "role", "policyArn", "vpcId", "subnetId", "routeTableId"),
    *("destinationCidrBlock", "securityGroupId", "referencedSecurityGroupId", "cidrIpv4", "loadBalancerArn", "listenerArn"),
)
"""Inputs by which a resource is found on AWS, as far as its type has them."""


class NotPending(ValueError):
    """An id was given for a resource that is not being created. The message is one line."""


def pending(state: State) -> list[dict[str, Any]]:
    """The resources whose creation was interrupted, as the engine recorded them; with an `id` if it received one."""
    recorded: list[dict[str, Any]] = state["deployment"].get("pending_operations") or []
    return [operation["resource"] for operation in recorded if operation["type"] == "creating"]


def import_created(state: State, ids: Mapping[str, str]) -> State:
    """The state with the interrupted creations that have an id, their own or one of `ids` (by URN), as resources.

    Raises NotPending for a URN that is not among the interrupted creations.
    """
    found = {resource["urn"]: resource for resource in pending(state)}
    for urn in ids:
        if urn not in found:
            raise NotPending(f"{urn} is not being created; without --exists the command lists what is")
    known = {urn: ids.get(urn) or resource.get("id") for urn, resource in found.items()}
    imported = [
        # The refresh adds what AWS computes.
        {**resource, "id": known[urn], "outputs": resource.get("outputs") or resource["inputs"]}
        for urn, resource in found.items()
        if known[urn]
    ]
    if not imported:
        return state
    rest = [each for each in state["deployment"]["pending_operations"] if not known.get(each["resource"]["urn"])]
    deployment = {
        **state["deployment"],
        "resources": [*state["deployment"]["resources"], *imported],
        "pending_operations": rest,
    }
    return {**state, "deployment": deployment}


def listing(state: State) -> Iterator[str]:
    """For each interrupted creation its URN, the id if the engine received one, and the inputs that identify it."""
    for resource in pending(state):
        inputs = resource["inputs"]
        tags: Any = inputs.get("tagsAll")
        identifying = [f"{name}={inputs[name]}" for name in _IDENTIFYING_INPUTS if isinstance(inputs.get(name), str)]
        identifying += [f"tag Name={tags['Name']}"] if isinstance(tags, dict) and "Name" in tags else []
        yield resource["urn"]
        yield f"    id {resource.get('id') or 'unknown'}; {', '.join(identifying) or 'no identifying input'}"


def main() -> int:
    """List, or print the mended state; exit code 2 on an error."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.interrupted_creations",
        description="List the creations that an interrupted `pulumi up` left pending, or import them into the state.",
    )
    parser.add_argument("state", type=Path, help="file of `pulumi stack export`")
    parser.add_argument(
        "--exists", nargs=2, action="append", default=[], metavar=("URN", "ID"), help="the resource exists on AWS, with this id"
    )
    parser.add_argument("--mend", action="store_true", help="print the state with everything that has an id")
    options = parser.parse_args()
    try:
        state = json.loads(options.state.read_text())
        if options.mend or options.exists:
            sys.stdout.write(json.dumps(import_created(state, dict(options.exists)), indent=4) + "\n")
        else:
            sys.stdout.write(("\n".join(listing(state)) or "nothing is being created") + "\n")
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"interrupted_creations: {options.state}: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
