"""What holds data: RDS, ElastiCache, DynamoDB, Secrets Manager, SSM, ECR, KMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.system.e2e.readers.model import Client, Live, Reader, camel, tags

Inputs = Mapping[str, Any]


def database(client: Client, identifier: str, inputs: Inputs) -> Live:
    [found] = client("rds").describe_db_instances(DBInstanceIdentifier=inputs["identifier"])["DBInstances"]
    return {
        **camel(found),
        "identifier": found["DBInstanceIdentifier"],
        "instanceClass": found["DBInstanceClass"],
        "dbName": found["DBName"],
        "username": found["MasterUsername"],
        "port": found["Endpoint"]["Port"],
        "multiAz": found["MultiAZ"],
        "dbSubnetGroupName": found["DBSubnetGroup"]["DBSubnetGroupName"],
        "parameterGroupName": found["DBParameterGroups"][0]["DBParameterGroupName"],
        "vpcSecurityGroupIds": [each["VpcSecurityGroupId"] for each in found["VpcSecurityGroups"]],
        "backupWindow": found["PreferredBackupWindow"],
        "maintenanceWindow": found["PreferredMaintenanceWindow"],
        "enabledCloudwatchLogsExports": found.get("EnabledCloudwatchLogsExports"),
        "manageMasterUserPassword": "MasterUserSecret" in found,
        "tagsAll": tags(found["TagList"]),
    }


def _rds_tags(client: Client, arn: str) -> dict[str, str]:
    return tags(client("rds").list_tags_for_resource(ResourceName=arn)["TagList"])


def database_subnets(client: Client, identifier: str, inputs: Inputs) -> Live:
    [found] = client("rds").describe_db_subnet_groups(DBSubnetGroupName=inputs["name"])["DBSubnetGroups"]
    return {
        "name": found["DBSubnetGroupName"],
        "description": found["DBSubnetGroupDescription"],
        "subnetIds": [each["SubnetIdentifier"] for each in found["Subnets"]],
        "tagsAll": _rds_tags(client, found["DBSubnetGroupArn"]),
    }


def database_parameters(client: Client, identifier: str, inputs: Inputs) -> Live:
    rds = client("rds")
    [found] = rds.describe_db_parameter_groups(DBParameterGroupName=inputs["name"])["DBParameterGroups"]
    given = rds.describe_db_parameters(DBParameterGroupName=inputs["name"], Source="user")["Parameters"]
    return {
        "name": found["DBParameterGroupName"],
        "family": found["DBParameterGroupFamily"],
        "description": found["Description"],
        "parameters": [
            {"name": each["ParameterName"], "value": each["ParameterValue"], "applyMethod": each.get("ApplyMethod")}
            for each in given
        ],
        "tagsAll": _rds_tags(client, found["DBParameterGroupArn"]),
    }


def cache(client: Client, identifier: str, inputs: Inputs) -> Live:
    redis = client("elasticache")
    [found] = redis.describe_replication_groups(ReplicationGroupId=inputs["replicationGroupId"])["ReplicationGroups"]
    member = redis.describe_cache_clusters(CacheClusterId=found["MemberClusters"][0])["CacheClusters"][0]
    return {
        **camel(member),
        **camel(found),
        "engineVersion": member["EngineVersion"],
        "nodeType": found["CacheNodeType"],
        "automaticFailoverEnabled": found["AutomaticFailover"] == "enabled",
        "multiAzEnabled": found["MultiAZ"] == "enabled",
        "numNodeGroups": len(found["NodeGroups"]),
        "replicasPerNodeGroup": len(found["NodeGroups"][0]["NodeGroupMembers"]) - 1,
        "port": found["NodeGroups"][0]["PrimaryEndpoint"]["Port"],
        "parameterGroupName": member.get("CacheParameterGroup", {}).get("CacheParameterGroupName"),
        "subnetGroupName": member.get("CacheSubnetGroupName"),
        "securityGroupIds": [each["SecurityGroupId"] for each in member.get("SecurityGroups", [])],
        "maintenanceWindow": member.get("PreferredMaintenanceWindow"),
        "tagsAll": tags(redis.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]),
    }


def cache_subnets(client: Client, identifier: str, inputs: Inputs) -> Live:
    redis = client("elasticache")
    [found] = redis.describe_cache_subnet_groups(CacheSubnetGroupName=inputs["name"])["CacheSubnetGroups"]
    return {
        "name": found["CacheSubnetGroupName"],
        "description": found["CacheSubnetGroupDescription"],
        "subnetIds": [each["SubnetIdentifier"] for each in found["Subnets"]],
        "tagsAll": tags(redis.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]),
    }


def table(client: Client, identifier: str, inputs: Inputs) -> Live:
    dynamodb = client("dynamodb")
    found = dynamodb.describe_table(TableName=inputs["name"])["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=inputs["name"])["ContinuousBackupsDescription"]
    keys = {each["KeyType"]: each["AttributeName"] for each in found["KeySchema"]}
    return {
        "name": found["TableName"],
        "hashKey": keys["HASH"],
        "rangeKey": keys["RANGE"],
        "attributes": [
            {"name": each["AttributeName"], "type": each["AttributeType"]} for each in found["AttributeDefinitions"]
        ],
        "billingMode": found["BillingModeSummary"]["BillingMode"],
        "deletionProtectionEnabled": found["DeletionProtectionEnabled"],
        "globalSecondaryIndexes": [
            {
                "name": each["IndexName"],
                "keySchemas": camel(each["KeySchema"]),
                "projectionType": each["Projection"]["ProjectionType"],
            }
            for each in found["GlobalSecondaryIndexes"]
        ],
        "pointInTimeRecovery": {"enabled": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"},
        "tagsAll": tags(dynamodb.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]),
    }


def secret(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("secretsmanager").describe_secret(SecretId=identifier)
    return {**camel(found), "tagsAll": tags(found.get("Tags", []))}


def secret_version(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("secretsmanager").describe_secret(SecretId=identifier.split("|")[0])
    return {"secretId": found["ARN"]}


def parameter(client: Client, identifier: str, inputs: Inputs) -> Live:
    ssm, name = client("ssm"), inputs["name"]
    found = ssm.get_parameter(Name=name)["Parameter"]
    asked = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    [described] = ssm.describe_parameters(ParameterFilters=asked)["Parameters"]
    return {
        **camel(found),
        "insecureValue": found["Value"],
        "description": described.get("Description"),
        "tagsAll": tags(ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]),
    }


def repository(client: Client, identifier: str, inputs: Inputs) -> Live:
    ecr = client("ecr")
    [found] = ecr.describe_repositories(repositoryNames=[inputs["name"]])["repositories"]
    given = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    return {**found, "name": found["repositoryName"], "tagsAll": tags(given)}


def image_lifecycle(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("ecr").get_lifecycle_policy(repositoryName=inputs["repository"])
    return {"policy": found["lifecyclePolicyText"], "repository": found["repositoryName"]}


def key(client: Client, identifier: str, inputs: Inputs) -> Live:
    kms = client("kms")
    return {
        **camel(kms.describe_key(KeyId=identifier)["KeyMetadata"]),
        "enableKeyRotation": kms.get_key_rotation_status(KeyId=identifier)["KeyRotationEnabled"],
        "policy": kms.get_key_policy(KeyId=identifier, PolicyName="default")["Policy"],
        "tagsAll": tags(kms.list_resource_tags(KeyId=identifier)["Tags"]),
    }


READERS: Mapping[str, Reader] = {
    "aws:rds/instance:Instance": database,
    "aws:rds/subnetGroup:SubnetGroup": database_subnets,
    "aws:rds/parameterGroup:ParameterGroup": database_parameters,
    "aws:elasticache/replicationGroup:ReplicationGroup": cache,
    "aws:elasticache/subnetGroup:SubnetGroup": cache_subnets,
    "aws:dynamodb/table:Table": table,
    "aws:secretsmanager/secret:Secret": secret,
    "aws:secretsmanager/secretVersion:SecretVersion": secret_version,
    "aws:ssm/parameter:Parameter": parameter,
    "aws:ecr/repository:Repository": repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": image_lifecycle,
    "aws:kms/key:Key": key,
}
