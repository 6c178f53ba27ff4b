"""Identity providers of other companies, whose tokens AWS takes."""

from __future__ import annotations

from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById
from sandbox.provider.shape import LEAF
from sandbox.provider.tagging import IAM_OIDC, pairs


class OpenIdConnectProvider(DeletedById):
    """Its id is its ARN."""

    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    inputs = {"url": LEAF, "clientIdLists": LEAF}
    unchangeable = frozenset({"clientIdLists"})
    tagger = IAM_OIDC
    delete_call = "iam", "delete_open_id_connect_provider", "OpenIDConnectProviderArn"

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws("iam").create_open_id_connect_provider(
            Url=inputs["url"], ClientIDList=inputs["clientIdLists"], Tags=pairs(inputs["tagsAll"])
        )
        return str(made["OpenIDConnectProviderArn"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=identifier))
        if found is None:
            return None
        # IAM answers with the host alone (API reference of IAM, GetOpenIDConnectProvider).
        return {"arn": identifier, "url": f"https://{found['Url']}", "clientIdLists": found["ClientIDList"]}
