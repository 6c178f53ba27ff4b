"""Listener rules: which action a request gets. Pure; the documents behind it are moto's, which are the API's.

Semantics: docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import ipaddress
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple


@dataclass(frozen=True)
class RequestFacts:
    """What a rule's conditions can ask about a request."""

    method: str
    host: str
    """Without port."""
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    """Looked up by any case."""
    source_ip: str


class WeightedGroup(NamedTuple):
    group_arn: str
    weight: int


@dataclass(frozen=True)
class Forward:
    """Send the request to one of these groups, chosen by weight."""

    groups: tuple[WeightedGroup, ...]

    def choose(self, rng: random.Random) -> str | None:
        """A group's ARN; None when every weight is 0."""
        weights = [group.weight for group in self.groups]
        if not any(weights):
            return None
        return rng.choices(self.groups, weights)[0].group_arn


class FixedResponse(NamedTuple):
    status: int
    content_type: str
    body: str


@dataclass(frozen=True)
class Redirect:
    """A redirect; each part may hold #{protocol}, #{host}, #{port}, #{path} and #{query}."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str

    def location(self, facts: RequestFacts, *, protocol: str, port: int, ports: Mapping[int, int]) -> str:
        """The Location header for a request that reached `port` over `protocol`.

        `ports` has the loopback port of each port that the load balancer listens at: there a client gets on.
        """
        known = {
            "protocol": protocol,
            "host": facts.host,
            "port": str(port),
            "path": facts.path.lstrip("/"),
            "query": "&".join(f"{key}={value}" for key, value in facts.query),
        }

        def fill(part: str) -> str:
            return re.sub(r"#\{(\w+)\}", lambda match: known[match[1]], part)

        query, to = fill(self.query), int(fill(self.port))
        place = f"{fill(self.protocol).lower()}://{fill(self.host)}:{ports.get(to, to)}{fill(self.path)}"
        return f"{place}?{query}" if query else place


Action = Forward | FixedResponse | Redirect


@dataclass(frozen=True)
class Rule:
    """A rule with its conditions as the API writes them."""

    conditions: tuple[Mapping[str, Any], ...]
    action: Action | None
    """None for an action that is not emulated (authentication)."""


def first_match(rules: Sequence[Rule], facts: RequestFacts) -> Rule | None:
    """The first rule, in the order given, all of whose conditions hold."""
    return next((rule for rule in rules if all(_holds(condition, facts) for condition in rule.conditions)), None)


def parse_action(documents: Sequence[Mapping[str, Any]]) -> Action | None:
    """The routing action of a rule: its last one, those before it authenticate."""
    document = documents[-1]
    match document["Type"]:
        case "forward":
            return _forward(document)
        case "fixed-response":
            config = document["FixedResponseConfig"]
            return FixedResponse(
                int(config["StatusCode"]), config.get("ContentType") or "text/plain", config.get("MessageBody") or ""
            )
        case "redirect":
            return _redirect(document["RedirectConfig"])
        case _:
            return None


def _forward(document: Mapping[str, Any]) -> Forward:
    groups = (document.get("ForwardConfig") or {}).get("TargetGroups")
    if not groups:
        groups = [{"TargetGroupArn": document["TargetGroupArn"]}]
    return Forward(tuple(WeightedGroup(g["TargetGroupArn"], int(g.get("Weight", 1))) for g in groups))


def _redirect(config: Mapping[str, Any]) -> Redirect:
    return Redirect(
        status=int(config["StatusCode"].removeprefix("HTTP_")),
        protocol=config.get("Protocol") or "#{protocol}",
        host=config.get("Host") or "#{host}",
        port=str(config.get("Port") or "#{port}"),
        path=config.get("Path") or "/#{path}",
        query=config.get("Query") or "#{query}",
    )


def _holds(condition: Mapping[str, Any], facts: RequestFacts) -> bool:
    match condition["Field"]:
        case "path-pattern":
            return any(_like(value, facts.path, ignore_case=False) for value in _values(condition, "PathPatternConfig"))
        case "host-header":
            return any(_like(value, facts.host) for value in _values(condition, "HostHeaderConfig"))
        case "http-header":
            config = condition["HttpHeaderConfig"]
            actual = facts.headers.get(config["HttpHeaderName"])
            return actual is not None and any(_like(value, actual) for value in config["Values"])
        case "http-request-method":
            return facts.method in _values(condition, "HttpRequestMethodConfig")
        case "query-string":
            return any(_in_query(pair, facts) for pair in condition["QueryStringConfig"]["Values"])
        case "source-ip":
            address = ipaddress.ip_address(facts.source_ip)
            return any(address in ipaddress.ip_network(value) for value in _values(condition, "SourceIpConfig"))
        case _:
            return False


def _values(condition: Mapping[str, Any], config: str) -> Sequence[str]:
    values: Sequence[str] = condition.get("Values") or condition[config]["Values"]
    return values


def _in_query(pair: Mapping[str, str], facts: RequestFacts) -> bool:
    key = pair.get("Key")
    return any((key is None or _like(key, name)) and _like(pair["Value"], value) for name, value in facts.query)


def _like(pattern: str, text: str, *, ignore_case: bool = True) -> bool:
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """A pattern where * stands for any characters and ? for exactly one."""
    translated = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile(translated, re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG))
