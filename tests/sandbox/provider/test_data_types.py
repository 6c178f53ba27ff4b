"""What databases, caches and secrets are read back as, and that a refresh sees what someone changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.provider.functions import FUNCTIONS
from sandbox.provider.types import RESOURCE_TYPES
from tests.support.inprocess_aws import InProcessAws, Made

INSTANCE = RESOURCE_TYPES["aws:rds/instance:Instance"]
PARAMETERS = RESOURCE_TYPES["aws:rds/parameterGroup:ParameterGroup"]
DATABASE_SUBNETS = RESOURCE_TYPES["aws:rds/subnetGroup:SubnetGroup"]
REDIS = RESOURCE_TYPES["aws:elasticache/replicationGroup:ReplicationGroup"]
CACHE_SUBNETS = RESOURCE_TYPES["aws:elasticache/subnetGroup:SubnetGroup"]
SECRET = RESOURCE_TYPES["aws:secretsmanager/secret:Secret"]
VERSION = RESOURCE_TYPES["aws:secretsmanager/secretVersion:SecretVersion"]
PASSWORD = "aws:secretsmanager/getRandomPassword:getRandomPassword"


@pytest.fixture
def subnets(aws: InProcessAws) -> list[str]:
    vpc = aws("ec2").create_vpc(CidrBlock="10.51.0.0/16")["Vpc"]["VpcId"]
    blocks = ("10.51.0.0/24", "10.51.1.0/24")
    return [aws("ec2").create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"] for block in blocks]


@pytest.fixture
def group(aws: InProcessAws, subnets: list[str]) -> str:
    [subnet] = aws("ec2").describe_subnets(SubnetIds=subnets[:1])["Subnets"]
    made = aws("ec2").create_security_group(GroupName="data", Description="data", VpcId=subnet["VpcId"])
    return str(made["GroupId"])


@pytest.fixture
def database(aws: InProcessAws, subnets: list[str], group: str) -> Iterator[Made]:
    parameter = {"name": "log_min_duration_statement", "value": "500", "applyMethod": "immediate"}
    kept = aws.make(PARAMETERS, name="read-back", family="postgres15", description="test", parameters=[parameter])
    placed = aws.make(DATABASE_SUBNETS, name="read-back", description="test", subnetIds=subnets)
    instance = aws.make(
        INSTANCE,
        identifier="read-back",
        engine="postgres",
        engineVersion="15",
        instanceClass="db.t4g.medium",
        allocatedStorage=20,
        maxAllocatedStorage=100,
        storageType="gp3",
        storageEncrypted=True,
        multiAz=True,
        dbName="axonflow",
        port=5432,
        username="axonflow_admin",
        manageMasterUserPassword=True,
        dbSubnetGroupName="read-back",
        vpcSecurityGroupIds=[group],
        publiclyAccessible=False,
        parameterGroupName="read-back",
        backupRetentionPeriod=7,
        backupWindow="00:30-01:30",
        maintenanceWindow="sun:03:00-sun:04:00",
        autoMinorVersionUpgrade=True,
        copyTagsToSnapshot=True,
        enabledCloudwatchLogsExports=["postgresql"],
        performanceInsightsEnabled=True,
        performanceInsightsRetentionPeriod=7,
        monitoringInterval=60,
        monitoringRoleArn="arn:aws:iam::123456789012:role/monitoring",
        deletionProtection=False,
        skipFinalSnapshot=True,
    )
    assert kept.live == kept.inputs
    assert placed.live == placed.inputs
    yield instance
    for made in (instance, kept, placed):
        made.delete()
        assert made.live is None


def test_a_database_reads_back(database: Made) -> None:
    """But for what concerns its deletion, and what the emulator forgets (docs/limits.md)."""
    assert database.live == database.inputs
    assert database.unread == {"skipFinalSnapshot", "performanceInsightsEnabled", "performanceInsightsRetentionPeriod"}


@pytest.mark.parametrize(
    ("change", "name", "live"),
    [
        ({"BackupRetentionPeriod": 1}, "backupRetentionPeriod", 1),
        ({"MultiAZ": False}, "multiAz", False),
        ({"PubliclyAccessible": True}, "publiclyAccessible", True),
        ({"CloudwatchLogsExportConfiguration": {"DisableLogTypes": ["postgresql"]}}, "enabledCloudwatchLogsExports", []),
    ],
)
def test_a_database_that_somebody_changed_shows(
    aws: InProcessAws, database: Made, change: dict[str, Any], name: str, live: Any
) -> None:
    aws("rds").modify_db_instance(DBInstanceIdentifier=database.id, ApplyImmediately=True, **change)
    assert database.live == {**database.inputs, name: live}


def test_a_database_is_changed_in_place(database: Made) -> None:
    database.change(backupRetentionPeriod=30, enabledCloudwatchLogsExports=["upgrade"])
    database.change(instanceClass="db.r7g.large", multiAz=False, applyImmediately=True)
    assert database.live == database.inputs


def shown(made: Made, **changes: Any) -> list[str]:
    return [each.path for each in made.shown(**changes).differences]


def test_a_change_that_waits_for_the_window_is_a_difference_at_every_preview(aws: InProcessAws, database: Made) -> None:
    database.change(instanceClass="db.r7g.large", multiAz=False, backupRetentionPeriod=8)
    assert database.live == {**database.inputs, "instanceClass": "db.t4g.medium", "multiAz": True}
    [instance] = aws("rds").describe_db_instances(DBInstanceIdentifier=database.id)["DBInstances"]
    assert instance["PendingModifiedValues"] == {"DBInstanceClass": "db.r7g.large", "MultiAZ": False}
    assert shown(database) == ["instanceClass", "multiAz"]
    database.change(copyTagsToSnapshot=False)
    assert shown(database) == ["instanceClass", "multiAz"], "another update asks for it again, and it waits again"


def test_whoever_applies_immediately_carries_out_all_that_is_pending(database: Made) -> None:
    database.change(instanceClass="db.r7g.large", multiAz=False)
    database.change(applyImmediately=True)
    assert database.live == database.inputs
    assert shown(database) == []


def test_a_change_that_is_taken_back_before_the_window_is_pending_no_more(aws: InProcessAws, database: Made) -> None:
    database.change(instanceClass="db.r7g.large")
    aws("rds").modify_db_instance(DBInstanceIdentifier=database.id, DBInstanceClass="db.t4g.medium")
    [instance] = aws("rds").describe_db_instances(DBInstanceIdentifier=database.id)["DBInstances"]
    assert instance["PendingModifiedValues"] == {}


@pytest.mark.parametrize(("said", "sent"), [({}, True), ({"deleteAutomatedBackups": False}, False)], ids=["default", "kept"])
def test_a_deletion_takes_the_automated_backups_along_unless_the_state_says_otherwise(
    said: dict[str, bool], sent: bool
) -> None:
    calls: list[dict[str, Any]] = []

    class Recorded:
        def delete_db_instance(self, **call: Any) -> None:
            calls.append(call)

    aws: Any = lambda service: Recorded()  # noqa: E731
    INSTANCE.delete(aws, "db", {"skipFinalSnapshot": False, "finalSnapshotIdentifier": "last", **said})
    assert calls == [
        {
            "DBInstanceIdentifier": "db",
            "SkipFinalSnapshot": False,
            "FinalDBSnapshotIdentifier": "last",
            "DeleteAutomatedBackups": sent,
        }
    ]


def test_a_parameter_that_somebody_changed_shows(aws: InProcessAws, database: Made) -> None:
    kept = aws.make(PARAMETERS, name="other", family="postgres15", description="test", parameters=[parameter("500")])
    changed = {"ParameterName": "log_min_duration_statement", "ParameterValue": "9", "ApplyMethod": "immediate"}
    aws("rds").modify_db_parameter_group(DBParameterGroupName="other", Parameters=[changed])
    assert kept.live == {**kept.inputs, "parameters": [parameter("9")]}
    kept.delete()


def test_a_parameter_that_is_not_wanted_any_more_is_reset(aws: InProcessAws) -> None:
    forced = {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}
    kept = aws.make(PARAMETERS, name="reset", family="postgres15", description="test", parameters=[parameter("500"), forced])
    kept.change(parameters=[parameter("501")])
    assert kept.live == kept.inputs
    assert shown(kept) == []
    kept.delete()


def parameter(value: str) -> dict[str, str]:
    return {"name": "log_min_duration_statement", "value": value, "applyMethod": "immediate"}


@pytest.fixture
def redis(aws: InProcessAws, subnets: list[str], group: str) -> Iterator[Made]:
    placed = aws.make(CACHE_SUBNETS, name="read-back", description="test", subnetIds=subnets)
    made = aws.make(
        REDIS,
        replicationGroupId="read-back",
        description="test",
        engine="redis",
        engineVersion="7.1",
        parameterGroupName="default.redis7",
        nodeType="cache.t4g.micro",
        port=6379,
        numNodeGroups=1,
        replicasPerNodeGroup=2,
        automaticFailoverEnabled=True,
        multiAzEnabled=True,
        subnetGroupName="read-back",
        securityGroupIds=[group],
        atRestEncryptionEnabled=True,
        transitEncryptionEnabled=True,
        authToken="a-token-of-a-test",
        snapshotRetentionLimit=7,
        snapshotWindow="00:30-01:30",
        maintenanceWindow="sun:03:00-sun:04:00",
        autoMinorVersionUpgrade=True,
    )
    assert placed.live == placed.inputs
    yield made
    for one in (made, placed):
        one.delete()
        assert one.live is None


def test_a_cache_reads_back_but_for_its_token(redis: Made) -> None:
    assert redis.live == redis.inputs
    assert redis.unread == {"authToken"}


def test_a_cache_that_somebody_changed_shows(aws: InProcessAws, redis: Made) -> None:
    aws("elasticache").modify_replication_group(ReplicationGroupId=redis.id, SnapshotRetentionLimit=0, MultiAZEnabled=False)
    assert redis.live == {**redis.inputs, "snapshotRetentionLimit": 0, "multiAzEnabled": False}


def test_a_cache_is_changed_in_place_where_the_emulator_can_and_refused_elsewhere(redis: Made) -> None:
    redis.change(nodeType="cache.r7g.large", applyImmediately=True)
    assert redis.live == redis.inputs
    with pytest.raises(NotImplementedError, match="cannot change replicasPerNodeGroup"):
        redis.change(replicasPerNodeGroup=1)


def test_a_node_type_that_waits_for_the_window_is_a_difference_at_every_preview(redis: Made) -> None:
    redis.change(nodeType="cache.r7g.large", snapshotRetentionLimit=8)
    assert redis.live == {**redis.inputs, "nodeType": "cache.t4g.micro"}
    assert shown(redis) == ["nodeType"]
    redis.change(applyImmediately=True)
    assert redis.live == redis.inputs


def test_a_name_is_free_again_once_its_cache_is_deleted(aws: InProcessAws, redis: Made) -> None:
    again = {name: value for name, value in redis.inputs.items() if name != "tagsAll"}
    redis.delete()
    assert redis.live is None
    assert aws.make(REDIS, **again).live == redis.inputs


def test_a_secret_reads_back_with_its_value_until_it_is_deleted(aws: InProcessAws) -> None:
    secret = aws.make(SECRET, name="read-back", description="test", recoveryWindowInDays=0)
    value = aws.make(VERSION, secretId=secret.id, secretString="first")
    assert (secret.live, value.live) == (secret.inputs, value.inputs)
    assert secret.unread == {"recoveryWindowInDays"}
    secret.delete()
    assert secret.live is None


def test_a_secret_that_can_still_be_had_back_counts_as_gone(aws: InProcessAws) -> None:
    secret = aws.make(SECRET, name="recoverable", recoveryWindowInDays=7)
    secret.delete()
    assert secret.live is None
    aws("secretsmanager").delete_secret(SecretId=secret.id, ForceDeleteWithoutRecovery=True)


def test_a_drawn_password_has_the_length_and_the_characters_that_were_asked_for(aws: InProcessAws) -> None:
    _, function = FUNCTIONS[PASSWORD]
    drawn = function(aws, {"passwordLength": 64, "excludePunctuation": True})["randomPassword"]
    assert len(drawn) == 64
    assert drawn.isalnum()
    assert drawn != function(aws, {"passwordLength": 64, "excludePunctuation": True})["randomPassword"]


def test_arguments_of_functions_are_the_sdks() -> None:
    import inspect

    from pulumi_aws.secretsmanager import get_random_password

    known = {name.replace("_", "") for name in inspect.signature(get_random_password).parameters}
    assert {name.lower() for name in FUNCTIONS[PASSWORD][0]} <= known
