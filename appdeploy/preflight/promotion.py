"""Checks the promotion rule: the image was live and settled in another environment, according to its ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from appdeploy.aws.clients import ledger_client
from appdeploy.aws.errors import AwsError, explain
from appdeploy.ledger.store import Ledger
from appdeploy.model.image import Digest, short
from appdeploy.model.ledger_entry import Entry
from appdeploy.model.outcome import Outcome
from appdeploy.preflight.answer import Unknown
from appdeploy.preflight.check import Check, Verdict

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.contract import Promotion
    from appdeploy.model.plan import ReleasePlan

WHAT = "promotion"
_MOST = 500
"""Releases that are searched, newest first. An older image should be released there again."""

Image = tuple[str, Digest]
"""A service's short name, and the image it will run."""


def read_promoted(clients: Clients, promotion: Promotion, required: Collection[Image]) -> Mapping[Image, str] | Unknown:
    """The release that made each image live there, without images that never were.

    One call per hundred releases until all are found; one more if another role has to be assumed.
    """
    try:
        ledger = Ledger(ledger_client(clients, promotion.region, promotion.role), promotion.releases_table)
        found: dict[Image, str] = {}
        for entry in (entry for entry in islice(ledger.entries(), _MOST) if isinstance(entry, Entry)):
            for image in _served(entry):
                found.setdefault(image, entry.id)
            if found.keys() >= set(required):
                break
        return {image: release for image, release in found.items() if image in required}
    except AwsError as error:
        return Unknown(explain(error))


def _served(entry: Entry) -> Iterator[Image]:
    for name, service in entry.services.items():
        if service.settled and service.outcome == Outcome.LIVE.value and service.target.digest:
            yield name, Digest(service.target.digest)


def to_promote(plan: ReleasePlan) -> dict[str, Image]:
    """The images that must have been live there, by service: those that the service does not already run."""
    return {
        service.contract.name: (service.contract.name, service.image.digest)
        for service in plan.changed
        if service.change.registers and service.image.digest and service.image.digest != service.previous.digest
    }


def check_promotion(
    promotion: Promotion, required: Mapping[str, Image], promoted: Mapping[Image, str] | Unknown
) -> tuple[Check, ...]:
    """One row for each image. Pure."""
    return tuple(_row(promotion.environment, service, image, promoted) for service, image in required.items())


def _row(source: str, service: str, image: Image, promoted: Mapping[Image, str] | Unknown) -> Check:
    if isinstance(promoted, Unknown):
        # A rule that cannot be checked counts as broken.
        found = f"the ledger of {source} could not be read: {promoted.why}"
        return Check(service, WHAT, Verdict.NO, found, f"fix the access to {source}'s ledger", waivable=True)
    if image in promoted:
        return Check(service, WHAT, Verdict.OK, f"{short(image[1])} was live in {source} with {promoted[image]}")
    found = f"{short(image[1])} was never live and settled in {source}"
    return Check(service, WHAT, Verdict.NO, found, f"release it to {source} first", waivable=True)
