"""`python -m infra.pending STATE`: what an interrupted `pulumi up` was creating, and the state with what AWS has of it.

The engine notes each creation before it begins; killed, it leaves the note without the id of what it made. `pulumi refresh
--import-pending-creates` of the pinned engine (3.259.0) drops such notes instead of importing them: it marks them as
importing, which no step of a refresh reads (pkg/resource/deploy, pkg/backend/snapshot.go). Here a note becomes the resource
that it would have become, in an exported state; the `pulumi refresh` after `pulumi stack import` reads the rest from AWS, and
forgets what is not there. Moving it in the exported state is what Pulumi's documentation calls the manual way
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
"""What `pulumi stack export` writes. Secrets in it are encrypted, and are left alone."""

_TELLING = (
    *("name", "identifier", "replicationGroupId", "cidrBlock", "role", "policyArn", "vpcId", "subnetId", "routeTableId"),
    *("destinationCidrBlock", "securityGroupId", "referencedSecurityGroupId", "cidrIpv4", "loadBalancerArn", "listenerArn"),
)
"""Inputs by which a thing is found on AWS, as far as a type has them."""


class NotPending(ValueError):
    """An id was given for what is not being created. The message is one line."""


def pending(state: State) -> list[dict[str, Any]]:
    """The resources whose creation was interrupted, as the engine noted them; with an `id` where it still learned it."""
    noted: list[dict[str, Any]] = state["deployment"].get("pending_operations") or []
    return [operation["resource"] for operation in noted if operation["type"] == "creating"]


def adopt(state: State, ids: Mapping[str, str]) -> State:
    """The state with the interrupted creations that have an id, their own or one of `ids` (by URN), as resources.

    Raises NotPending for a URN that is not among the interrupted creations.
    """
    found = {resource["urn"]: resource for resource in pending(state)}
    for urn in ids:
        if urn not in found:
            raise NotPending(f"{urn} is not being created; without --exists the command lists what is")
    known = {urn: ids.get(urn) or resource.get("id") for urn, resource in found.items()}
    adopted = [
        # The refresh fills in what AWS computes.
        {**resource, "id": known[urn], "outputs": resource.get("outputs") or resource["inputs"]}
        for urn, resource in found.items()
        if known[urn]
    ]
    if not adopted:
        return state
    rest = [each for each in state["deployment"]["pending_operations"] if not known.get(each["resource"]["urn"])]
    deployment = {
        **state["deployment"],
        "resources": [*state["deployment"]["resources"], *adopted],
        "pending_operations": rest,
    }
    return {**state, "deployment": deployment}


def listing(state: State) -> Iterator[str]:
    """For each interrupted creation its URN, the id if the engine learned it, and what it is found by."""
    for resource in pending(state):
        inputs = resource["inputs"]
        tags: Any = inputs.get("tagsAll")
        telling = [f"{name}={inputs[name]}" for name in _TELLING if isinstance(inputs.get(name), str)]
        telling += [f"tag Name={tags['Name']}"] if isinstance(tags, dict) and "Name" in tags else []
        yield resource["urn"]
        yield f"    id {resource.get('id') or 'unknown'}; {', '.join(telling) or 'nothing but its type tells it'}"


def main() -> int:
    """List, or print the mended state; exit code 2 for what cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.pending", description="Creations that an interrupted up left behind."
    )
    parser.add_argument("state", type=Path, help="file of `pulumi stack export`")
    parser.add_argument(
        "--exists", nargs=2, action="append", default=[], metavar=("URN", "ID"), help="AWS has it, with this id"
    )
    parser.add_argument("--mend", action="store_true", help="print the state with everything that has an id")
    asked = parser.parse_args()
    try:
        state = json.loads(asked.state.read_text())
        if asked.mend or asked.exists:
            sys.stdout.write(json.dumps(adopt(state, dict(asked.exists)), indent=4) + "\n")
        else:
            sys.stdout.write(("\n".join(listing(state)) or "nothing is being created") + "\n")
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"pending: {asked.state}: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
