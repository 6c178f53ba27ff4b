"""What random releases tell: every line by the published schema, and no secret anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from appdeploy.model.events import release
from appdeploy.model.events.base import JsonLine
from appdeploy.model.words import change
from appdeploy.render import json_renderer
from appdeploy.render.json_line import json_line
from appdeploy.render.json_renderer import JsonRenderer
from tests.simulation.events.random_release import Trial, open_trial

SEED = 20251125
RELEASES = 4
"""Of the sample; `make prove` tries 200."""
FEW = 2


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with open_trial() as opened:
        yield opened


def test_a_sample_of_random_releases_tells_lines_by_the_schema_and_no_secret(trial: Trial) -> None:
    tried = trial.run(SEED, RELEASES)

    assert not tried.wrong, "\n".join(tried.wrong)
    assert tried.lines.keys() >= {"planned", "registered", "started", "progress", "finished", "ended"}, "it tries little"
    assert tried.notices > RELEASES
    assert all(tried.searched[place] for place in ("plan", "the job's page", "notices", "items of the ledger", "releases"))


def test_a_line_that_is_not_by_the_schema_is_found(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    def timeless(said: JsonLine, release_id: str | None) -> str:
        return json.dumps(json.loads(json_line(said, release_id)) | {"time": None})

    monkeypatch.setattr(json_renderer, "json_line", timeless)

    assert any(wrong.startswith("line 0 (planned): ") for wrong in trial.run(SEED, FEW).wrong)


def test_a_stream_that_breaks_off_is_found(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    write = JsonRenderer._write
    monkeypatch.setattr(JsonRenderer, "_write", lambda show, said: None if said.event == "ended" else write(show, said))

    assert any("the last line" in wrong for wrong in trial.run(SEED, FEW).wrong)


def test_a_secret_that_is_told_is_found(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "change", lambda service: f"{change(service)} {service.base.fields}")

    assert any(wrong.startswith("a secret stands in plain lines") for wrong in trial.run(SEED, FEW).wrong)


def test_a_secret_that_a_plan_shows_is_found(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appdeploy.plan.diff._is_secret", lambda path: False)

    assert any(wrong.startswith("a secret stands in plan") for wrong in trial.run(SEED, RELEASES).wrong)
