"""The causes of a release's services for people: the root cause first and in full, and once.

A service that was skipped or reverted because of another one has that one's cause in its own, so that each can be read alone:
in JSON, in the ledger and in a notification. Where all services are shown together, `because of SERVICE` is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from appdeploy.model.ledger_entry import Entry, ServiceEntry, Step
from appdeploy.model.outcome import ServiceResult


@dataclass(frozen=True)
class Cause:
    """Why a service ended as it did."""

    service: str
    outcome: str
    text: str | None


def because_it_ended(cause: Cause) -> str:
    """The cause of another service, once this one has ended."""
    return f"{cause.service} ended {cause.outcome}{f': {cause.text}' if cause.text else ''}"


def because_it_failed(service: str, why: str) -> str:
    """The cause of another service, while this one is still being rolled back."""
    return f"{service} failed: {why}"


def blamed(text: str, services: Iterable[str]) -> str | None:
    """The service of which a cause says that it failed; None for a cause of its own."""
    return next((name for name in services if text.startswith((f"{name} failed: ", f"{name} ended "))), None)


def _quoted(cause: Cause) -> tuple[str, ...]:
    return (because_it_ended(cause), *((because_it_failed(cause.service, cause.text),) if cause.text else ()))


def in_short(text: str, others: Iterable[Cause]) -> str:
    """A text with the causes of other services that it quotes replaced by their names."""
    quotes = [(quote, other.service) for other in others for quote in _quoted(other)]
    for quote, service in sorted(quotes, key=lambda each: len(each[0]), reverse=True):
        # Whole: neither the end of a longer name nor the beginning of a longer cause.
        text = re.sub(rf"(?<![\w-]){re.escape(quote)}(?=;|$)", f"because of {service}", text)
    return text


def named_in(short: str | None) -> frozenset[str]:
    """The services because of which, as `in_short` says it."""
    return frozenset(re.findall(r"because of ([\w-]+)", short or ""))


def root_first(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """The causes, each without those that it quotes; those that quote another one come last."""
    given = tuple(causes)
    shown = tuple(replace(cause, text=_without_others(cause, given)) for cause in given)
    derived = {cause.service for cause, short in zip(given, shown, strict=True) if cause != short}
    return tuple(sorted(shown, key=lambda cause: cause.service in derived))


def of_results(results: Iterable[ServiceResult]) -> tuple[Cause, ...]:
    """The causes of results that are decided."""
    return tuple(Cause(result.service, result.outcome.value, result.cause) for result in results)


def of_entry(services: Mapping[str, ServiceEntry]) -> tuple[Cause, ...]:
    """The causes of a ledger entry's services."""
    return tuple(Cause(name, service.outcome or "", service.cause) for name, service in services.items())


def results_root_first(results: Iterable[ServiceResult]) -> list[ServiceResult]:
    """The results in that order, with those causes."""
    by_name = {result.service: result for result in results}
    return [replace(by_name[cause.service], cause=cause.text) for cause in root_first(of_results(by_name.values()))]


def services_root_first(services: Mapping[str, ServiceEntry]) -> dict[str, ServiceEntry]:
    """The services of a ledger entry in that order, with those causes."""
    return {
        cause.service: services[cause.service].model_copy(update={"cause": cause.text})
        for cause in root_first(of_entry(services))
    }


def steps_in_short(entry: Entry) -> tuple[Step, ...]:
    """The steps of a ledger entry, without the causes that stand with its services."""
    causes = of_entry(entry.services)
    return tuple(_step_in_short(step, causes) for step in entry.steps)


def _step_in_short(step: Step, causes: tuple[Cause, ...]) -> Step:
    if step.reason is None:
        return step
    if any(cause.service == step.service and cause.text == step.reason for cause in root_first(causes)):
        return step.model_copy(update={"reason": None})
    others = (cause for cause in causes if cause.service != step.service)
    return step.model_copy(update={"reason": in_short(step.reason, others)})


def _without_others(cause: Cause, given: Iterable[Cause]) -> str | None:
    if cause.text is None:
        return None
    return in_short(cause.text, (other for other in given if other.service != cause.service))
