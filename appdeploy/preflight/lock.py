"""Checks whether the environment's lock is free. Read-only: appdeploy.lock acquires it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError, explain
from appdeploy.lock.lease import describe, what_to_type
from appdeploy.lock.store import DynamoLockStore
from appdeploy.preflight.check import Check, Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from appdeploy.lock.item import LockItem
    from appdeploy.model.plan import ReleasePlan

WHAT = "lock"


def check_lock(plan: ReleasePlan, dynamodb: DynamoDBClient) -> Check:
    """One row for the whole environment."""
    if plan.releases_table is None:
        return Check(plan.environment, WHAT, Verdict.SKIP, "the contract names no releases table")
    try:
        item = DynamoLockStore(dynamodb, plan.releases_table).read()
    except AwsError as error:
        return Check(plan.environment, WHAT, Verdict.SKIP, explain(error))
    return _judge(plan, item)


def _judge(plan: ReleasePlan, item: LockItem) -> Check:
    if item.freeze is not None or (item.holder is not None and item.holder.release != plan.release_id):
        return Check(plan.environment, WHAT, Verdict.NO, describe(item), what_to_type(item, plan.environment))
    return Check(plan.environment, WHAT, Verdict.OK, describe(item))
