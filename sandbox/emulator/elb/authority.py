"""The sandbox's own certificate authority: it stands for Certificate Manager's, and signs what HTTPS listeners show."""

from __future__ import annotations

import ssl
from functools import cache, cached_property

import trustme

from sandbox.emulator.elb.ports import HOST

EVERYWHERE = (HOST, "localhost")
"""Names of a loopback port. A client that has no resolver for the sandbox's host names asks for one of these."""


class Authority:
    """Made when it is first needed, and gone with the emulator."""

    @cached_property
    def _root(self) -> trustme.CA:
        return trustme.CA(organization_name="AxonFlow sandbox")

    @property
    def certificate(self) -> str:
        """What a client has to trust, as PEM."""
        return str(self._root.cert_pem.bytes().decode())

    @cache  # noqa: B019 - lives as long as the emulator
    def context(self, names: tuple[str, ...]) -> ssl.SSLContext:
        """The server's side of a listener whose certificate has these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._root.issue_cert(*names, *EVERYWHERE).configure_cert(context)
        return context
