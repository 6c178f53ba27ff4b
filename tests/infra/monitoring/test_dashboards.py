"""The dashboards of the runbook."""

from __future__ import annotations

import json
from typing import Any

from sandbox.emulator.cloudwatch import query
from tests.infra.mocked import Recording

DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"


def test_the_dashboards_of_the_runbook_show_its_key_metrics(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    shown = {item.inputs["dashboardName"]: json.loads(item.inputs["dashboardBody"]) for item in recording.of(DASHBOARD)}
    database = "AxonFlow-Database" if stack == "production" else "AxonFlow-Staging-Database"
    title = stack.capitalize()
    assert set(shown) == {f"AxonFlow-{title}-Overview", f"AxonFlow-{title}-Detailed", database}
    wanted = {
        f"AxonFlow-{title}-Overview": {"RequestCount", "TargetResponseTime", "HealthyHostCount", "HTTPCode_Target_5XX_Count"},
        f"AxonFlow-{title}-Detailed": {
            *("RunningTaskCount", "DesiredTaskCount", "CPUUtilization", "MemoryUtilization", "RequestCount"),
            *("TargetResponseTime", "HealthyHostCount", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count"),
        },
        database: {
            *("DatabaseConnections", "FreeStorageSpace", "CPUUtilization", "DBLoad"),
            f"axonflow-{stack}-slow-queries",
        },
    }
    for name, metrics in wanted.items():
        entries = [entry for widget in shown[name]["widgets"] for entry in widget["properties"]["metrics"]]
        assert metrics <= {entry[1] for entry in entries if isinstance(entry[0], str)}, name


def test_every_widget_is_in_the_grid_and_its_expressions_can_be_computed(platform: tuple[str, Recording]) -> None:
    for dashboard in platform[1].of(DASHBOARD):
        widgets = json.loads(dashboard.inputs["dashboardBody"])["widgets"]
        assert len({(widget["x"], widget["y"]) for widget in widgets}) == len(widgets)
        for widget in widgets:
            assert widget["x"] + widget["width"] <= 24
            documents = [
                {"Id": entry[0]["id"], "Expression": entry[0]["expression"]}
                if isinstance(entry[0], dict)
                else {"Id": entry[-1].get("id", "m"), "MetricStat": {"Metric": metric(entry), "Stat": entry[-1]["stat"]}}
                for entry in widget["properties"]["metrics"]
            ]
            assert query.parse("eu-central-1", documents)


def metric(entry: list[Any]) -> dict[str, str]:
    return {"Namespace": entry[0], "MetricName": entry[1]}
