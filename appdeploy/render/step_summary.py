"""The summary that GitHub shows of a job's step."""

from __future__ import annotations

from pathlib import Path

from appdeploy.ledger.fold import ReleaseFold
from appdeploy.model.errors import described
from appdeploy.model.events import Event
from appdeploy.render.plain import report_problem
from appdeploy.render.summary import summary_lines

VARIABLE = "GITHUB_STEP_SUMMARY"
"""Names the file to add to; what earlier commands of the step wrote stays
(docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, "Adding a job summary")."""


class StepSummary:
    """Adds to a file once the release has ended, also when it changed nothing."""

    def __init__(self, environment: str, path: Path) -> None:
        self._environment = environment
        self._path = path
        self._account = ReleaseFold()

    def on_event(self, event: Event) -> None:
        """See Subscriber."""
        self._account.apply(event)

    def end(self, error: BaseException | None) -> None:
        """See Subscriber."""
        problem = described(error)[1] if error is not None else ()
        text = "\n".join(summary_lines(self._environment, self._account, problem))
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{text}\n")
        except OSError as trouble:
            report_problem([f"the step summary could not be written to {self._path}: {trouble.strerror}"])
