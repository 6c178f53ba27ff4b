"""ECS's errors on one page. Each function makes the exception that moto turns into AWS's answer."""

from __future__ import annotations

from moto.ecs.exceptions import ECSException


def _error(code: str, message: str) -> Exception:
    error: Exception = ECSException(code, message)
    return error


def invalid_parameter(message: str) -> Exception:
    return _error("InvalidParameterException", message)


def client_error(message: str) -> Exception:
    return _error("ClientException", message)


def service_not_found() -> Exception:
    return _error("ServiceNotFoundException", "Service not found.")


def service_not_active() -> Exception:
    return _error("ServiceNotActiveException", "Service was not ACTIVE.")


def cluster_not_found() -> Exception:
    return _error("ClusterNotFoundException", "Cluster not found.")


def cluster_inactive() -> Exception:
    return _error("ClusterNotFoundException", "The referenced cluster was inactive.")


def cluster_contains_services() -> Exception:
    return _error("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")


def cluster_contains_tasks() -> Exception:
    return _error("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")


def service_deployment_not_found() -> Exception:
    return _error("ServiceDeploymentNotFoundException", "The service deployment can't be found.")


def conflict(message: str) -> Exception:
    return _error("ConflictException", message)


def no_network_configuration() -> Exception:
    return invalid_parameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")


def inactive_task_definition() -> Exception:
    return client_error("TaskDefinition is inactive")


def not_emulated(what: str) -> Exception:
    """For a legal request that needs something which the scheduler does not do: better no answer than a wrong one."""
    return _error("UnsupportedFeatureException", f"The sandbox does not emulate {what}.")
