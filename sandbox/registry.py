"""Images from one repository of the emulated registry into another, as a registry client copies them: by digest."""

from __future__ import annotations

import boto3
from botocore.exceptions import ClientError

from sandbox.environment import REGION
from sandbox.errors import SandboxError
from sandbox.home import Running


def copy_image(running: Running, tag: str, source: str, target: str) -> str:
    """Put the image that a repository has under a tag into another one, under the same tag; the result is its digest.

    Raises SandboxError when there is none, or when the other repository has that tag for another image.
    """
    session = boto3.Session(aws_access_key_id="sandbox", aws_secret_access_key="sandbox", region_name=REGION)
    ecr = session.client("ecr", endpoint_url=running.endpoint)
    try:
        found = ecr.batch_get_image(repositoryName=source, imageIds=[{"imageTag": tag}])["images"]
        if not found:
            raise SandboxError(f"{source} has no image {tag}")
        [image] = found
        digest = str(image["imageId"]["imageDigest"])
        ecr.put_image(
            repositoryName=target,
            imageManifest=image["imageManifest"],
            imageManifestMediaType=image["imageManifestMediaType"],
            imageTag=tag,
            imageDigest=digest,
        )
    except ClientError as error:
        raise SandboxError(f"{source}:{tag} could not be copied to {target}: {error.response['Error']['Message']}") from None
    return digest
