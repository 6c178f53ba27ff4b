"""SNS: telling topics, and no word to anybody outside this machine."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from moto.sns.models import Subscription, sns_backends

_log = logging.getLogger(__name__)
_moto_delivers = Subscription.publish


def publish(arns: Sequence[str], text: str, subject: str | None = None) -> None:
    """Tell topics; a topic that is gone is passed over, as AWS does. Actions that are no topics are not carried out."""
    for arn in arns:
        service, region, account = arn.split(":")[2:5]
        topic = sns_backends[account][region].topics.get(arn) if service == "sns" else None
        if topic is None:
            _log.info("no topic %s to tell", arn)
        else:
            topic.publish(text, subject=subject)


def install() -> None:
    """Keep moto from calling the web addresses that subscribe."""
    Subscription.publish = _deliver


def _deliver(subscription: Any, *arguments: Any, **options: Any) -> None:
    if subscription.protocol not in ("http", "https"):
        _moto_delivers(subscription, *arguments, **options)
