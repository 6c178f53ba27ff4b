"""Between the engine's protobuf structures and plain Python values."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format, struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that a preview cannot know (sdk/go/common/resource/plugin/rpc.go, UnknownStringValue)."""

Properties = dict[str, Any]
"""A resource's inputs or outputs, keys in camelCase as the engine has them."""


def decode(message: struct_pb2.Struct) -> Properties:
    """The structure as plain values; numbers without a fraction become ints again, which protobuf has none of."""
    return {key: _whole_numbers(value) for key, value in json_format.MessageToDict(message).items()}


def encode(properties: Properties) -> struct_pb2.Struct:
    """Plain values as a structure. Nothing is dropped or turned into text: a value protobuf cannot hold raises ValueError."""
    message = struct_pb2.Struct()
    message.update(properties)
    return message


def is_unknown(value: Any) -> bool:
    """True for a value that holds an unknown anywhere inside."""
    if isinstance(value, dict):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(is_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return value
