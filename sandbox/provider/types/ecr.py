"""Image repositories, and which of their images they keep."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType
from sandbox.provider.shape import LEAF


class Repository(ResourceType):
    token = "aws:ecr/repository:Repository"
    inputs = {
        "name": LEAF,
        "imageTagMutability": LEAF,
        "imageScanningConfiguration": {"scanOnPush": LEAF},
        "forceDelete": LEAF,
    }
    tagger = tagging.ECR

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("ecr").create_repository(
            repositoryName=inputs["name"],
            imageTagMutability=inputs.get("imageTagMutability", "MUTABLE"),
            imageScanningConfiguration=inputs.get("imageScanningConfiguration", {"scanOnPush": False}),
            tags=tagging.pairs(inputs["tagsAll"]),
        )
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("ecr").put_image_tag_mutability(
            repositoryName=identifier, imageTagMutability=new.get("imageTagMutability", "MUTABLE")
        )
        aws("ecr").put_image_scanning_configuration(
            repositoryName=identifier,
            imageScanningConfiguration=new.get("imageScanningConfiguration", {"scanOnPush": False}),
        )

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ecr").describe_repositories(repositoryNames=[identifier])["repositories"])
        if not found:
            return None
        repository = found[0]
        return {
            "arn": repository["repositoryArn"],
            "name": repository["repositoryName"],
            "registryId": repository["registryId"],
            "repositoryUrl": repository["repositoryUri"],
            "imageTagMutability": repository["imageTagMutability"],
            "imageScanningConfiguration": repository["imageScanningConfiguration"],
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("ecr").delete_repository(repositoryName=identifier, force=bool(state.get("forceDelete")))


class LifecyclePolicy(DeletedById):
    """A repository has one at most, so its id is the repository's name. The emulator keeps it and expires nothing."""

    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    inputs = {"repository": LEAF, "policy": LEAF}
    delete_call = "ecr", "delete_lifecycle_policy", "repositoryName"

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("ecr").put_lifecycle_policy(repositoryName=inputs["repository"], lifecyclePolicyText=inputs["policy"])
        return str(inputs["repository"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ecr").get_lifecycle_policy(repositoryName=identifier))
        if found is None:
            return None
        return {
            "repository": identifier,
            "policy": found["lifecyclePolicyText"],
            "registryId": found["registryId"],
        }
