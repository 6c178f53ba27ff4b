"""EventBridge on the default bus: rules and what they tell."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType, known
from sandbox.provider.shape import LEAF


class EventRule(DeletedById):
    token = "aws:cloudwatch/eventRule:EventRule"
    NAMES = {"description": "Description", "eventPattern": "EventPattern", "state": "State"}
    inputs = {"name": LEAF, **dict.fromkeys(NAMES, LEAF)}
    tagger = tagging.EVENTS
    delete_call = "events", "delete_rule", "Name"

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("events").put_rule(Name=inputs["name"], Tags=tagging.pairs(inputs["tagsAll"]), **self._call(inputs))
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("events").put_rule(Name=identifier, **self._call(new))

    def _call(self, inputs: Properties) -> Properties:
        return {self.NAMES[name]: value for name, value in known(inputs, *self.NAMES).items()}

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        rule = or_none(lambda: aws("events").describe_rule(Name=identifier))
        if rule is None:
            return None
        live = {name: rule[member] for name, member in self.NAMES.items() if member in rule}
        return {"arn": rule["Arn"], "name": rule["Name"], **live}


class EventTarget(ResourceType):
    token = "aws:cloudwatch/eventTarget:EventTarget"
    TRANSFORMER = {"inputPaths": "InputPathsMap", "inputTemplate": "InputTemplate"}
    inputs = {"rule": LEAF, "targetId": LEAF, "arn": LEAF, "inputTransformer": {"inputPaths": LEAF, "inputTemplate": LEAF}}

    def create(self, aws: Aws, inputs: Properties) -> str:
        target: Properties = {"Id": inputs["targetId"], "Arn": inputs["arn"]}
        if transformer := inputs.get("inputTransformer"):
            target["InputTransformer"] = {self.TRANSFORMER[name]: value for name, value in transformer.items()}
        aws("events").put_targets(Rule=inputs["rule"], Targets=[target])
        return f"{inputs['rule']}-{inputs['targetId']}"

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        self.create(aws, new)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("events").list_targets_by_rule(Rule=state["rule"])["Targets"])
        for target in found or []:
            if target["Id"] == state["targetId"]:
                return {"rule": state["rule"], "targetId": target["Id"], "arn": target["Arn"], **self._transformer(target)}
        return None

    def _transformer(self, target: Properties) -> Properties:
        live = target.get("InputTransformer")
        if not live:
            return {}
        return {"inputTransformer": {name: live[member] for name, member in self.TRANSFORMER.items() if member in live}}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("events").remove_targets(Rule=state["rule"], Ids=[state["targetId"]])
