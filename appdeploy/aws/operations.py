"""Which operation of which service an error of the AWS SDK comes from: the SDK's own errors leave the service out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from botocore.client import BaseClient

_KEY = "appdeploy:operation"
"""In `ResponseMetadata` of an answer that is an error."""
_NOTE = "operation "
"""How the note of an exception begins for a call that had no answer."""
_PREFIXES = {"monitoring": "cloudwatch"}
"""Services whose IAM prefix is not the name that requests are signed for."""


def name_operations(client: BaseClient) -> None:
    """From now on each error of this client says which operation it comes from."""
    service = client.meta.service_model.signing_name
    prefix = _PREFIXES.get(service, service)

    def answered(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        parsed.setdefault("ResponseMetadata", {})[_KEY] = f"{prefix}:{model.name}"

    def failed(exception: BaseException, event_name: str, **_: Any) -> None:
        exception.add_note(f"{_NOTE}{prefix}:{event_name.rsplit('.', 1)[1]}")

    client.meta.events.register("after-call", answered)
    client.meta.events.register("after-call-error", failed)


def operation_of(error: BaseException) -> str | None:
    """`service:Operation` as policies write it, such as `elasticloadbalancing:DescribeTargetHealth`.

    `Operation` alone for an answer whose service is not known; None where no call is known.
    """
    if isinstance(error, ClientError):
        named = error.response.get("ResponseMetadata", {}).get(_KEY)
        return str(named) if named else error.operation_name
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(_NOTE)]
    return notes[-1].removeprefix(_NOTE) if notes else None
