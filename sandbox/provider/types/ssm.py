"""SSM parameters."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById
from sandbox.provider.shape import LEAF


class Parameter(DeletedById):
    """A parameter of type String; its value comes as `insecureValue`, which previews can show."""

    token = "aws:ssm/parameter:Parameter"
    inputs = {"name": LEAF, "type": LEAF, "insecureValue": LEAF, "description": LEAF}
    tagger = tagging.SSM_PARAMETER
    volatile = frozenset({"version"})
    delete_call = "ssm", "delete_parameter", "Name"

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("ssm").put_parameter(**self._call(inputs), Tags=tagging.pairs(inputs["tagsAll"]))
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("ssm").put_parameter(**self._call(new), Overwrite=True)

    @staticmethod
    def _call(inputs: Properties) -> dict[str, Any]:
        return {
            "Name": inputs["name"],
            "Type": inputs["type"],
            "Value": inputs["insecureValue"],
            "Description": inputs.get("description", ""),
        }

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ssm").get_parameter(Name=identifier))
        if found is None:
            return None
        parameter = found["Parameter"]
        condition = [{"Key": "Name", "Option": "Equals", "Values": [identifier]}]
        details = aws("ssm").describe_parameters(ParameterFilters=condition)["Parameters"][0]
        return {
            "arn": parameter["ARN"],
            "name": identifier,
            "type": parameter["Type"],
            "insecureValue": parameter["Value"],
            "version": parameter["Version"],
            "description": details.get("Description", ""),
        }
