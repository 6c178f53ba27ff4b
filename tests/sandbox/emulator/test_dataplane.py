"""The data plane with real sockets: what tasks answer, how a load balancer forwards."""

from __future__ import annotations

import http.client
import http.server
import json
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.emulator.clock import SystemClock
from sandbox.emulator.cloudwatch.meter import Meter
from sandbox.emulator.cloudwatch.series import Metrics
from sandbox.emulator.elb.dataplane import Probe, ProbeFailure, TaskApp
from sandbox.emulator.elb.loop import LoopDataPlane
from sandbox.emulator.elb.routing import NOTHING, Listener, Routing
from sandbox.emulator.elb.rules import Action, FixedResponse, Forward, Redirect, Rule, WeightedGroup
from sandbox.emulator.elb.targets import HEALTHY, Target, TargetState, TargetTable, Verdict
from sandbox.emulator.journal import Journal

LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/public/1/2"


class Site:
    """One load balancer whose only rule can be changed."""

    def __init__(self) -> None:
        self.targets = TargetTable(Journal(SystemClock()))
        self.metrics = Metrics(SystemClock(), 3600.0)
        self.plane = LoopDataPlane(self.targets, Meter(self.metrics))
        self.port = self.plane.open_listener()
        self.rule(forward("blue"))

    def rule(self, action: Action | None) -> None:
        plain = Listener(LISTENER, "HTTP", 80, (Rule((), action),))
        encrypted = Listener(f"{LISTENER}s", "HTTPS", 443, (Rule((), forward("blue")),), names=("api.axonflow.example",))
        ports = {80: self.port, 443: self.port}
        listeners = {(self.port, False): plain, (self.port, True): encrypted}
        self.plane.publish(Routing(listeners, {LISTENER: ports, f"{LISTENER}s": ports}))

    def task(self, version: str, group: str = "blue", *, status: int = 200, verdict: Verdict = HEALTHY) -> Target:
        port = self.plane.start_task(TaskApp(f"task-{version}", version, frozenset({"/health"}), status))
        target = Target(group, f"10.0.0.{port % 250}", 8080, port, "eu-central-1a", 0.0, verdict)
        self.targets.register(target)
        return target

    def ask(self, path: str = "/", method: str = "GET", **more: Any) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, **more)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


def forward(*groups: str, weights: tuple[int, ...] = (1, 1)) -> Forward:
    return Forward(tuple(WeightedGroup(group, weight) for group, weight in zip(groups, weights, strict=False)))


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.plane.close()


def test_a_task_answers_with_its_version_and_its_name(site: Site) -> None:
    site.task("v1")

    status, headers, body = site.ask("/v1/chat?x=1")

    assert status == 200
    assert (headers["x-axonflow-version"], headers["x-axonflow-task"]) == ("v1", "task-v1")
    assert json.loads(body) == {"version": "v1", "task": "task-v1", "path": "/v1/chat"}


@pytest.mark.parametrize(("code", "word"), [(200, "healthy"), (503, "unhealthy")])
def test_a_task_s_health_path_tells_how_it_is(site: Site, code: int, word: str) -> None:
    site.task("v1", status=code)

    status, _, body = site.ask("/health")

    assert (status, json.loads(body)) == (code, {"status": word})


@pytest.mark.parametrize("hold", ["-1", "61", "x", "nan"])
def test_a_hold_that_makes_no_sense_is_refused(site: Site, hold: str) -> None:
    site.task("v1")

    assert site.ask(f"/?hold={hold}")[0] == 400


def test_weights_divide_the_traffic(site: Site) -> None:
    site.task("blue", "blue")
    site.task("green", "green")
    site.rule(forward("blue", "green", weights=(3, 1)))

    seen = Counter(site.ask()[1]["x-axonflow-version"] for _ in range(200))

    assert seen.total() == 200
    assert 20 <= seen["green"] <= 80, seen


def test_no_registered_target_is_503(site: Site) -> None:
    assert site.ask()[0] == 503


def test_unhealthy_targets_are_asked_when_there_is_no_other(site: Site) -> None:
    site.task("sick", verdict=Verdict(TargetState.UNHEALTHY))
    assert site.ask()[1]["x-axonflow-version"] == "sick"

    site.task("well")
    assert {site.ask()[1]["x-axonflow-version"] for _ in range(4)} == {"well"}


def test_a_target_that_is_gone_is_502(site: Site) -> None:
    target = site.task("v1")
    site.plane.stop_task(target.local_port or 0)

    assert site.ask()[0] == 502


def test_fixed_responses_and_redirects_come_from_the_load_balancer(site: Site) -> None:
    site.rule(FixedResponse(404, "application/json", "{}"))
    status, headers, body = site.ask()
    assert (status, headers["content-type"], body) == (404, "application/json", b"{}")

    site.rule(Redirect(301, "HTTPS", "#{host}", "443", "/#{path}", "#{query}"))
    status, headers, _ = site.ask("/a?b=c")
    assert (status, headers["location"]) == (301, f"https://127.0.0.1:{site.port}/a?b=c")

    site.rule(None)
    assert site.ask()[0] == 501


def test_a_listener_without_rules_closes_the_connection(site: Site) -> None:
    site.plane.publish(NOTHING)

    with pytest.raises((http.client.HTTPException, ConnectionError)):
        site.ask()


def test_a_connection_is_kept_alive(site: Site) -> None:
    site.task("v1")
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.connect()
    first = connection.sock

    for _ in range(3):
        connection.request("GET", "/")
        assert connection.getresponse().read()
    kept = connection.sock is first
    connection.close()

    assert kept


def test_headers_that_concern_one_connection_are_not_forwarded(site: Site) -> None:
    with _echo() as port:
        site.targets.register(Target("blue", "10.0.0.1", 80, port, "a", 0.0, HEALTHY))
        _adopt(site, port)
        headers = {"Connection": "x-private, close", "X-Private": "1", "X-Forwarded-For": "1.2.3.4", "TE": "trailers"}
        status, answered, body = site.ask("/echo", "POST", body=b"x" * 300_000, headers=headers)

    received = json.loads(body)
    assert status == 201
    assert received["length"] == 300_000
    assert received["headers"]["x-forwarded-for"] == "1.2.3.4, 127.0.0.1"
    assert (received["headers"]["x-forwarded-proto"], received["headers"]["x-forwarded-port"]) == ("http", "80")
    assert received["headers"]["host"] == f"127.0.0.1:{site.port}"
    assert not {"x-private", "te", "keep-alive"} & set(received["headers"])
    assert "x-hop" not in answered
    assert answered["x-kept"] == "1"


def _adopt(site: Site, port: int) -> None:
    """Let the proxy reach a server that is not a task, through a task's client."""
    spare = site.plane.start_task(TaskApp("spare", "spare", frozenset(), 200))
    sessions = site.plane._sessions
    sessions[port] = sessions[spare]


@contextmanager
def _echo() -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = len(self.rfile.read(int(self.headers["Content-Length"])))
            received = {name.lower(): value for name, value in self.headers.items()}
            body = json.dumps({"length": length, "headers": received}).encode()
            self.send_response(201)
            for name, value in (("Connection", "x-hop"), ("X-Hop", "1"), ("X-Kept", "1"), ("Content-Length", len(body))):
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()


def test_a_held_request_outlives_the_start_of_draining(site: Site) -> None:
    target = site.task("v1")
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(site.ask("/?hold=0.5")[0]))
    thread.start()
    _wait(lambda: target.in_flight == 1)

    site.targets.start_draining(target, 0.0)
    during = site.ask()[0], site.targets.drained(target, 10.0, delay=1.0, at_latest=60.0)
    thread.join()

    assert during == (503, False)
    assert answers == [200]
    _wait(lambda: site.targets.drained(target, 10.0, delay=1.0, at_latest=60.0))


def test_a_task_s_end_cuts_what_it_holds(site: Site) -> None:
    target = site.task("v1")
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(site.ask("/?hold=30")[0]))
    thread.start()
    _wait(lambda: target.in_flight == 1)

    site.plane.stop_task(target.local_port or 0)
    thread.join(timeout=5)

    assert answers == [502]
    _wait(lambda: target.in_flight == 0)


def test_probes_report_status_and_refusal(site: Site) -> None:
    well, sick = site.task("v1"), site.task("v2", status=503)
    gone = site.task("v3")
    site.plane.stop_task(gone.local_port or 0)
    ports = (well.local_port, sick.local_port, gone.local_port, None)

    results = site.plane.probe([Probe(port, "/health", 2.0) for port in ports])

    assert results == [200, 503, ProbeFailure.REFUSED, ProbeFailure.REFUSED]


def test_a_slow_probe_times_out(site: Site) -> None:
    target = site.task("v1")

    assert site.plane.probe([Probe(target.local_port, "/?hold=5", 0.1)]) == [ProbeFailure.TIMED_OUT]


def _wait(condition: Any) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _secure(site: Site, name: str, authority: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cadata=authority)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", site.port), timeout=10), server_hostname=name)


@pytest.mark.parametrize("name", ["api.axonflow.example", "127.0.0.1"])
def test_the_same_port_answers_encrypted_under_the_names_of_the_certificate(site: Site, name: str) -> None:
    site.task("v1")
    with _secure(site, name, site.plane.authority) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: api.axonflow.example\r\nConnection: close\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 200")
        assert connection.version() in ("TLSv1.2", "TLSv1.3")


def test_a_name_that_the_certificate_lacks_is_not_believed(site: Site) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _secure(site, "other.example", site.plane.authority)


def test_who_does_not_trust_the_sandboxs_authority_does_not_get_in(site: Site) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(
            socket.create_connection(("127.0.0.1", site.port)), server_hostname="127.0.0.1"
        )
    assert site.ask("/health")[0] in (200, 503)  # and the port goes on


def test_a_redirect_to_a_port_of_the_load_balancer_leads_to_where_that_is_here(site: Site) -> None:
    site.rule(Redirect(301, "HTTPS", "#{host}", "443", "/#{path}", "#{query}"))
    status, headers, _ = site.ask("/health?deep=1", headers={"Host": "api.axonflow.example"})
    assert (status, headers["location"]) == (301, f"https://api.axonflow.example:{site.port}/health?deep=1")


def test_a_port_without_an_encrypted_listener_closes_an_encrypted_connection(site: Site) -> None:
    site.plane.publish(NOTHING)
    with pytest.raises(OSError, match=r"EOF|reset|closed"):
        _secure(site, "127.0.0.1", site.plane.authority)


def test_a_task_answers_with_the_status_that_is_asked_for(site: Site) -> None:
    site.task("v1")
    assert [site.ask(f"/?status={status}")[0] for status in ("503", "201", "700", "x")] == [503, 201, 400, 400]


def test_what_a_load_balancer_does_is_measured(site: Site) -> None:
    """Requests without a target are not in RequestCount: none was chosen for them."""
    assert site.ask("/")[0] == 503
    broken = site.task("v0")
    site.plane.stop_task(broken.local_port or 0)
    assert site.ask("/")[0] == 502
    site.targets.remove(broken)
    site.task("v1")
    assert [site.ask(path)[0] for path in ("/", "/", "/?status=500", "/?hold=0.2")] == [200, 200, 500, 200]

    slot = site.metrics.slot()
    measured = {series: site.metrics.over(series, slot - 1, slot + 1) for series in site.metrics.list("eu-central-1")}
    sums = {(series.name, len(series.dimensions)): bucket.total for series, bucket in measured.items() if bucket}
    times = [bucket.high for series, bucket in measured.items() if series.name == "TargetResponseTime" and bucket]
    assert {key: count for key, count in sums.items() if key[0] != "TargetResponseTime"} == {
        ("RequestCount", 1): 5,
        ("RequestCount", 2): 5,
        ("HTTPCode_Target_2XX_Count", 1): 3,
        ("HTTPCode_Target_2XX_Count", 2): 3,
        ("HTTPCode_Target_5XX_Count", 1): 1,
        ("HTTPCode_Target_5XX_Count", 2): 1,
        ("HTTPCode_ELB_5XX_Count", 1): 2,
    }
    assert [0.2 <= each < 2 for each in times] == [True, True]
