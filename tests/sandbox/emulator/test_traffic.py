"""The real process under real traffic: a release, good or bad, costs no client a request."""

from __future__ import annotations

import http.client
import time

import pytest

from tests.support.emulator_process import EmulatorProcess
from tests.support.live_platform import Site
from tests.support.traffic import Traffic

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def site(emulator: EmulatorProcess) -> Site:
    return Site(emulator)


def test_no_request_fails_during_a_good_release_and_three_bad_ones(site: Site) -> None:
    with Traffic(site.address) as traffic:
        outcomes = [
            site.release(tag, behaviour)
            for tag, behaviour in (("v2", "healthy"), ("v3", "no-image"), ("v4", "crash"), ("v5", "unhealthy"))
        ]

    assert outcomes == ["SUCCESSFUL", *["ROLLBACK_SUCCESSFUL"] * 3]
    assert traffic.report.failures == [], str(traffic.report)
    assert traffic.report.answered == traffic.report.sent > 0
    assert set(traffic.report.versions) == {"v1", "v2"}, str(traffic.report)


def test_the_end_cuts_held_requests_and_stays_quiet() -> None:
    with EmulatorProcess() as emulator:
        site = Site(emulator)
        held = http.client.HTTPConnection(site.balancer.dns_name, timeout=20)
        held.request("GET", "/work?hold=30")
        time.sleep(0.3)

        code, errors = emulator.end()

        with pytest.raises((http.client.HTTPException, ConnectionError)):
            held.getresponse()
        held.close()

    assert (code, errors) == (0, "")
