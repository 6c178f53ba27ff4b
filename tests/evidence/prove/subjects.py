"""The subjects. To add one: a module with a function `(seed, scale) -> Report`, and its row here."""

from __future__ import annotations

from tests.evidence.prove import half_way, json_lines, kill, mutants, no_lie, one_at_a_time, peers, settings_hold, stacks
from tests.evidence.prove.report import Subject

SUBJECTS = (
    Subject("mutants", "Each named mutant of the scheduler is caught by the emulator's scenarios.", 15, mutants.prove),
    Subject(
        "peers",
        "After a crashing release that ECS rolled back, ecs-deploy, the AWS CLI and botocore's waiter report success; appdeploy"
        " does not.",
        10,
        peers.prove,
    ),
    Subject("one-at-a-time", "Of 50 releases at once one has its way and 49 name it.", 20, one_at_a_time.prove),
    Subject("stacks", "Both environments come from nothing, are released, change as they should, and go.", 15, stacks.prove),
    Subject("no-lie", "What the command and the ledger say of a release is what happened.", 90, no_lie.prove),
    Subject("json", "Every line of --json is as published, and no secret is reported anywhere.", 15, json_lines.prove),
    Subject("kill", "A command killed before or after any of its calls and then resumed comes to a right end.", 30, kill.prove),
    Subject(
        "half-way",
        "After a `pulumi up` that ended half way, the runbook's steps leave nothing on AWS that the state lacks.",
        10,
        half_way.prove,
    ),
    Subject("settings", "What valid settings build holds to every rule, on the first preview too.", 30, settings_hold.prove),
)
