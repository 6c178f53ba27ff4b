"""Refuses replies with fields that the installed botocore does not know.

botocore silently drops response fields that its model does not have. A task definition that is read, changed and
registered again would lose them: a release would remove a setting made by a newer tool. So the raw reply is compared
with the model first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from appdeploy.model.errors import Refused

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_ecs import ECSClient


def refuse_unknown_fields(client: ECSClient, operation: str) -> None:
    """Make every later call of `operation` raise Refused if its JSON reply has a field that botocore would drop."""
    client.meta.events.register(f"before-parse.ecs.{operation}", _check_reply)


def unknown_fields(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """Paths (`containerDefinitions[0].name`) of the fields of a JSON value that its botocore shape does not know."""
    # Document types have free-form content, which the model does not describe.
    if value is None or getattr(shape, "is_document_type", False):
        return
    if isinstance(shape, StructureShape):
        for name, inner in value.items():
            where = f"{path}.{name}" if path else name
            known = shape.members.get(name)
            yield from [where] if known is None else unknown_fields(inner, known, where)
    elif isinstance(shape, ListShape):
        for index, inner in enumerate(value):
            yield from unknown_fields(inner, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        for name, inner in value.items():
            yield from unknown_fields(inner, shape.value, f"{path}.{name}")


def _check_reply(operation_model: OperationModel, response_dict: Mapping[str, Any], **_: object) -> None:
    if response_dict["status_code"] != 200 or operation_model.output_shape is None:
        return
    reply = json.loads(response_dict["body"] or b"{}")
    unknown = list(unknown_fields(reply, operation_model.output_shape))
    if unknown:
        raise Refused(
            f"this boto3 is too old for the task definition: a release would lose {', '.join(unknown)}; upgrade boto3"
        )
