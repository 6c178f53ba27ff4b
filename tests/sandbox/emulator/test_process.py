"""The emulator as a process: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable

import pytest

from tests.support import aws_platform
from tests.support.emulator_process import EmulatorFromScratch, EmulatorProcess, command, environment

pytestmark = pytest.mark.emulator


def test_the_ready_line_names_endpoint_boot_and_pid(emulator: EmulatorProcess) -> None:
    _, status = emulator.control("GET", "status")

    assert set(emulator.ready) == {"endpoint", "boot", "pid"}
    assert emulator.ready["pid"] == emulator.process.pid == status["pid"]
    assert emulator.ready["boot"] == status["boot"]
    assert emulator.endpoint.startswith("http://127.0.0.1:")
    assert status["calls"] == 0, "what it asks itself at the start is not recorded"


def test_every_region_works(emulator: EmulatorProcess) -> None:
    emulator.client("ecs", "ap-southeast-2").create_cluster(clusterName="there")

    arns = emulator.client("ecs", "ap-southeast-2").list_clusters()["clusterArns"]

    assert arns == ["arn:aws:ecs:ap-southeast-2:123456789012:cluster/there"]
    assert emulator.client("ecs").list_clusters()["clusterArns"] == []


def test_a_taken_port_is_told_in_one_line(emulator: EmulatorProcess) -> None:
    port = int(emulator.endpoint.rsplit(":", 1)[1])

    second = subprocess.run(command(port), capture_output=True, text=True, timeout=60, env=environment(), check=False)

    assert second.returncode == 3
    assert second.stdout == ""
    assert second.stderr == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def terminate(emulator: EmulatorProcess) -> None:
    emulator.process.terminate()


def ask_to_end(emulator: EmulatorProcess) -> None:
    assert emulator.control("POST", "shutdown") == (200, {})


@pytest.mark.parametrize(("made", "end"), [(EmulatorFromScratch, terminate), (EmulatorProcess, ask_to_end)])
def test_the_end_is_quick_clean_and_leaves_no_port(made: type[EmulatorProcess], end: Callable[[EmulatorProcess], None]) -> None:
    with made() as emulator:
        network = aws_platform.create_network(emulator.client)
        balancer = aws_platform.create_balancer(emulator.client, network)
        ports = [int(place.rsplit(":", 1)[1]) for place in (emulator.endpoint, balancer.dns_name)]
        assert all(map(_listens, ports))

        end(emulator)
        code = emulator.process.wait(timeout=10)
        _, errors = emulator.process.communicate()

    assert code == 0
    assert errors == ""
    assert not any(map(_listens, ports))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_further_listeners_have_ports_of_their_own(emulator: EmulatorProcess) -> None:
    network = aws_platform.create_network(emulator.client)
    balancer = aws_platform.create_balancer(emulator.client, network)
    elb = emulator.client("elbv2")
    teapot = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418", "ContentType": "text/plain"}}
    second = elb.create_listener(LoadBalancerArn=balancer.arn, Protocol="HTTP", Port=8080, DefaultActions=[teapot])

    _, status = emulator.control("GET", "status")
    (shown,) = status["load_balancers"]
    addresses = {listener["port"]: listener["address"] for listener in shown["listeners"]}
    elb.delete_listener(ListenerArn=second["Listeners"][0]["ListenerArn"])

    assert addresses[80] == shown["address"] == f"http://{balancer.dns_name}"
    assert addresses[8080] != addresses[80]
    assert _listens(int(addresses[80].rsplit(":", 1)[1]))
    assert not _listens(int(addresses[8080].rsplit(":", 1)[1]))


def test_the_machine_s_own_time_cannot_be_moved(emulator: EmulatorProcess) -> None:
    expected = "the clock is the machine's own; start the emulator with --clock stepped"

    assert emulator.control("POST", "clock", {"advance": 1}) == (409, {"error": expected})
    assert emulator.control("GET", "clock")[1]["stepped"] is False
    assert emulator.control("GET", "status")[1]["profile"] == "fast"
