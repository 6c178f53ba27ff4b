"""The names of an environment's resources on AWS.

They keep the patterns of the runbook, so that each raw `aws` command written there works when nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass

ROLE_LENGTH = 64
"""Longest name of an IAM role (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""

STEM_LENGTH = 24
"""Longest stem of a load balancer's or target group's name: AWS takes 32 characters and the provider appends 8 of its own
(docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html)."""

RESERVED = ("infrastructure", "preview", "pulumi")
"""No environment has these names: roles, policies and buckets that run Pulumi begin with `axonflow-` and one of them, and would
be taken for the environment's own."""


OPERATIONS = "operations"
"""The image of one-off tasks, its repository and its logs."""
RELEASE_EVENTS = "axonflow.appdeploy"
"""Source of the release tool's events on EventBridge. Their detail has the environment, the outcome, and a `summary`."""
DB_INIT, DB_MAINTAIN = "db-init", "db-maintain"
"""One-off tasks on the database."""


@dataclass(frozen=True)
class Names:
    """Every name of one environment. Services are given by their short name, as in `agent`."""

    environment: str

    @property
    def stack(self) -> str:
        """What the runbook calls STACK_NAME."""
        return f"axonflow-{self.environment}"

    @property
    def cluster(self) -> str:
        return f"{self.stack}-cluster"

    @property
    def releases_table(self) -> str:
        return f"{self.stack}-releases"

    @property
    def database(self) -> str:
        return f"{self.stack}-db"

    @property
    def cache(self) -> str:
        return f"{self.stack}-cache"

    def secret(self, what: str) -> str:
        """A secret of the services, by what it grants access to."""
        return f"{self.stack}/{what}"

    def topic(self, topic: str) -> str:
        """The SNS topic of a severity, an escalation step, or of releases."""
        return f"{self.stack}-{topic}"

    def alarm(self, what: str) -> str:
        return f"{self.stack}-{what}"

    def dashboard(self, what: str) -> str:
        """As the runbook has them. Production's database dashboard has no environment in its name."""
        if self.environment == "production" and what == "Database":
            return f"AxonFlow-{what}"
        return f"AxonFlow-{self.environment.capitalize()}-{what}"

    @property
    def slow_queries(self) -> str:
        """The metric filter of the database's log, and its metric."""
        return f"{self.stack}-slow-queries"

    @property
    def flow_log_group(self) -> str:
        return f"/vpc/{self.stack}/flow"

    def service(self, service: str) -> str:
        return f"{self.stack}-{service}-service"

    def family(self, service: str) -> str:
        """Family of the task definitions that run; releases register them."""
        return f"{self.stack}-{service}"

    def template_family(self, service: str) -> str:
        """Family of the templates; this program alone registers them."""
        return f"{self.stack}-{service}-template"

    def repository(self, service: str) -> str:
        return f"{self.stack}-{service}"

    def log_group(self, service: str) -> str:
        return f"/ecs/{self.stack}/{service}"

    def config_parameter(self, service: str, key: str) -> str:
        """The parameter of a setting that `appdeploy config` changes."""
        return f"/axonflow/{self.environment}/config/{service}/{key}"

    def role(self, service: str, kind: str) -> str:
        return f"{self.stack}-{service}-{kind}"

    def job(self, job: str) -> str:
        """Family of a one-off task on the database, as `db-init`."""
        return f"{self.stack}-{job}"

    def operations_role(self, role: str) -> str:
        """Role and policy of operations, as `viewer`."""
        return f"{self.stack}-{role}"

    @property
    def boundary(self) -> str:
        """The permissions boundary of the environment's roles."""
        return f"{self.stack}-boundary"

    def stem(self, what: str, ending: str = "") -> str:
        """A short name for resources with AWS's 32-character limit: cut where it must be, but never its ending.

        The provider makes it unique.
        """
        short = {"production": "prod", "staging": "stag"}.get(self.environment, self.environment)
        return f"af-{short}-{what}"[: STEM_LENGTH - len(ending)].rstrip("-") + ending
