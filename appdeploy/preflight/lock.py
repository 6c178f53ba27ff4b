"""Checks whether the environment's lock is free. Read-only: appdeploy.lock acquires it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError, explain
from appdeploy.lock.lease import describe, what_to_type
from appdeploy.lock.store import DynamoLockStore
from appdeploy.preflight.check import Check, Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from appdeploy.model.plan import ReleasePlan

WHAT = "lock"


def check_lock(plan: ReleasePlan, dynamodb: DynamoDBClient) -> Check:
    """One row for the whole environment."""
    if plan.releases_table is None:
        return Check(plan.environment, WHAT, Verdict.SKIP, "the contract names no releases table")
    try:
        store = DynamoLockStore(dynamodb, plan.releases_table)
        item = store.read()
        others = item.holder if item.holder and item.holder.release != plan.release_id else None
        entry = store.entry_of(others) if others else None
    except AwsError as error:
        return Check(plan.environment, WHAT, Verdict.SKIP, explain(error))
    if item.freeze is None and others is None:
        return Check(plan.environment, WHAT, Verdict.OK, describe(item))
    remedy = what_to_type(
        item, plan.environment, entry, waits="a release with --lock-wait SECONDS waits for it", caller=plan.caller
    )
    return Check(plan.environment, WHAT, Verdict.NO, describe(item), remedy)
