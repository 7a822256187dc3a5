"""A throwaway authority and its certificate for localhost. It needs PyPI's trustme."""

from __future__ import annotations

import os
import ssl

import trustme


def context(folder: str) -> tuple[ssl.SSLContext, str]:
    """The server's context, and the PEM file of the authority."""
    authority, path = trustme.CA(), os.path.join(folder, "ca.pem")
    authority.cert_pem.write_to_path(path)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(made)
    return made, path
