"""The `aws` plugin: the engine's gRPC calls, carried out by the resource types.

Handshake is left unimplemented: the answer to Configure says all that the engine needs. Previews are answered here without a
call of AWS, so that a change shows what it touches and nothing that merely names it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from concurrent import futures
from typing import Any, NoReturn

import grpc
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.provider.aws import Aws, NotTheSandbox, is_gone
from sandbox.provider.codec import Properties, decode, encode
from sandbox.provider.functions import FUNCTIONS
from sandbox.provider.parent import end_with_engine
from sandbox.provider.resource import DEFAULTS, ResourceType, given
from sandbox.provider.types import RESOURCE_TYPES

VERSION = "7.51.1"
"""The pulumi-aws release whose names and behaviour this stands in for."""

PROVIDER_SETTINGS = frozenset({"region", "defaultTags", "version"})
THREADS = 32
MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine itself allows for one message (rpcutil.GrpcChannelOptions)."""


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """One plugin process: configured once, then asked about many resources at a time."""

    def __init__(self) -> None:
        self._aws: Aws | None = None

    @property
    def aws(self) -> Aws:
        if self._aws is None:
            raise NotTheSandbox("the provider was used before it was configured")
        return self._aws

    # -- the plugin itself

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        failures = [
            provider_pb2.CheckFailure(property=name, reason="is a provider setting that the sandbox does not know")
            for name in sorted(set(decode(request.news)) - PROVIDER_SETTINGS)
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        settings = decode(request.args)
        try:
            self._aws = Aws(
                os.environ.get("AWS_ENDPOINT_URL"),
                str(settings.get("region") or os.environ.get("AWS_REGION", "")),
                _default_tags(settings),
            )
        except NotTheSandbox as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=False, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Invoke(self, request: Any, context: Any) -> Any:
        """Call a function. An argument that is not known here is refused, as a resource's property is."""
        if request.tok not in FUNCTIONS:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox has no function {request.tok}")
        names, function = FUNCTIONS[request.tok]
        arguments = decode(request.args)
        failures = [
            provider_pb2.CheckFailure(property=name, reason=f"{request.tok} has no argument {name!r} in the sandbox")
            for name in sorted(set(arguments) - names)
        ]
        if failures:
            return provider_pb2.InvokeResponse(failures=failures)
        result = _attempt("calling", request.tok, context, lambda: function(self.aws, arguments))
        return provider_pb2.InvokeResponse(**{"return": encode(result)})

    # -- resources

    def Check(self, request: Any, context: Any) -> Any:
        kind = _kind(request.urn, context)
        inputs = decode(request.news)
        inputs.pop(DEFAULTS, None)
        failures = [
            provider_pb2.CheckFailure(property=name, reason=f"{kind.token} has no property {name!r} in the sandbox")
            for name in sorted(kind.unknown_inputs(inputs))
        ]
        if failures:
            return provider_pb2.CheckResponse(inputs=request.news, failures=failures)
        logical_name = request.urn.rsplit("::", 1)[1].rsplit("/", 1)[-1]
        checked = kind.checked(self.aws, inputs, decode(request.olds), logical_name, request.randomSeed)
        return provider_pb2.CheckResponse(inputs=encode(checked))

    def Diff(self, request: Any, context: Any) -> Any:
        kind = _kind(request.urn, context)
        found = _attempt(
            "comparing",
            request.urn,
            context,
            lambda: kind.diff(
                decode(request.old_inputs), decode(request.olds), decode(request.news), list(request.ignoreChanges)
            ),
        )
        if not found.differences:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE, hasDetailedDiff=True)
        detail = {
            each.path: provider_pb2.PropertyDiff(
                kind=each.kind.value + ("_REPLACE" if each.key in found.replaces else ""),
                # Former values are the state's outputs, not the former inputs.
                inputDiff=False,
            )
            for each in found.differences
        }
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME,
            replaces=found.replaces,
            diffs=sorted({each.key for each in found.differences}),
            deleteBeforeReplace=found.delete_first,
            detailedDiff=detail,
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        kind, inputs = _kind(request.urn, context), decode(request.properties)
        if request.preview:
            # What is not among the outputs is unknown: nothing that AWS computes is known before it is made.
            return provider_pb2.CreateResponse(properties=encode(given(inputs)))

        def create() -> Any:
            identifier = kind.create(self.aws, inputs)
            return identifier, kind.outputs(self.aws, identifier, inputs, inputs)

        identifier, outputs = _attempt("creating", request.urn, context, create)
        if outputs is None:
            context.abort(grpc.StatusCode.INTERNAL, f"creating {_name(request.urn)}: it was gone right after its creation")
        return provider_pb2.CreateResponse(id=identifier, properties=encode(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        kind, inputs, state = _kind(request.urn, context), decode(request.inputs), decode(request.properties)
        outputs = _attempt("reading", request.urn, context, lambda: kind.outputs(self.aws, request.id, inputs, state))
        if outputs is None:
            return provider_pb2.ReadResponse()
        live = kind.live_inputs(inputs, outputs)
        return provider_pb2.ReadResponse(id=request.id, properties=encode(outputs), inputs=encode(live))

    def Update(self, request: Any, context: Any) -> Any:
        kind, inputs, state = _kind(request.urn, context), decode(request.news), decode(request.olds)
        old, ignored = decode(request.old_inputs), list(request.ignoreChanges)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode(kind.expected(state, kind.planned(state, inputs, ignored))))

        def update() -> Properties | None:
            kind.apply(self.aws, request.id, old, inputs, state, ignored)
            return kind.outputs(self.aws, request.id, inputs, state)

        outputs = _attempt("updating", request.urn, context, update)
        if outputs is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"updating {_name(request.urn)}: it is gone; run a refresh")
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        kind, state = _kind(request.urn, context), decode(request.properties)

        def delete() -> None:
            try:
                kind.delete(self.aws, request.id, state)
            except ClientError as error:
                if not is_gone(error):
                    raise

        _attempt("deleting", request.urn, context, delete)
        return empty_pb2.Empty()


def _kind(urn: str, context: Any) -> ResourceType:
    """The type that a URN names, or an error that says that the sandbox lacks it."""
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    kind = RESOURCE_TYPES.get(token)
    if kind is None:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox has no resource type {token}")
        raise AssertionError  # abort raises
    return kind


def _name(urn: str) -> str:
    """A resource as people call it: its type and logical name. A function has its token alone."""
    parts = urn.split("::")
    if len(parts) == 1:
        return urn
    return f"{parts[2].rsplit('$', 1)[-1]} {parts[3]}"


def _attempt(doing: str, urn: str, context: Any, call: Any) -> Any:
    """Carry out a call; what AWS refuses becomes the engine's error, in one line and with the resource's name."""
    try:
        return call()
    except ClientError as error:
        details = error.response["Error"]
        _abort(context, f"{doing} {_name(urn)}: {error.operation_name}: {details['Code']}: {details['Message']}")
    except (BotoCoreError, KeyError, NotImplementedError, ValueError) as error:
        _abort(context, f"{doing} {_name(urn)}: {type(error).__name__}: {error}")


def _abort(context: Any, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError  # abort raises


def _default_tags(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """The tags of `aws:defaultTags`; the engine hands structured settings over as JSON text."""
    value = settings.get("defaultTags") or {}
    structure = json.loads(value) if isinstance(value, str) else value
    return dict(structure.get("tags", {}))


def main() -> None:
    """Serve until the engine closes the process; the first line of standard output is the port, and the only one."""
    end_with_engine()
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
