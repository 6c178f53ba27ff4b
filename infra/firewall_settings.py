"""What a stack file may say about the web firewall."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.section import Section


class FirewallSettings(Section):
    """AWS WAF in front of the public load balancer."""

    requests_per_address: Annotated[int, Field(ge=10, le=2_000_000_000)]
    """Most requests from one address within five minutes; more are refused with 403 until there are fewer again
    (docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html)."""
