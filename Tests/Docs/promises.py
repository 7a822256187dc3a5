#!/usr/bin/env python3
"""Promises of SECURITY.md that no other test holds: the library takes a key from nowhere but its options."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bindings/python"), str(ROOT / "Tests/Support")]
from server import LoopbackServer

FORBIDDEN = {"getenv", "secure_getenv", "pthread_create", "sigaction", "signal", "printf", "fprintf", "puts"}


def imports():
    """What the library takes from libc by name."""
    command = ["nm", "-D", "--undefined-only", ROOT / "build/lib/libdosai.so.0"]
    names = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[-1].partition("@")[0] for line in names.splitlines()}


def call(url):
    from ctypes import byref, sizeof

    from dosai import _ffi as ffi

    options, client, response = ffi.dosai_client_options(), ffi.dosai_client(), ffi.dosai_response()
    ffi.dosai_client_options_init(byref(options), sizeof(options))
    options.base_url = url.encode()
    assert ffi.dosai_client_new(byref(options), byref(client), None) == ffi.OK
    assert ffi.dosai_client_get(client, b"/models", None, byref(response), None) == ffi.OK


def no_key_from_around():
    """With keys in the environment and in .netrc, a client that was given none sends none."""
    with LoopbackServer() as server, tempfile.TemporaryDirectory() as home:
        netrc = pathlib.Path(home, ".netrc")
        netrc.write_text("default login canary password canary\n")
        netrc.chmod(0o600)
        keys = {name: "canary" for name in ("DOSAI_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "DOSAI_BASE_URL")}
        around = dict(os.environ, HOME=home, NETRC=str(netrc), **keys)
        subprocess.run([sys.executable, __file__, server.base("models")], check=True, env=around)
        headers = dict(server.stats("models")["last_headers"])
    assert headers and "canary" not in str(headers) and "Authorization" not in headers, headers


if __name__ == "__main__":
    if sys.argv[1:]:
        call(sys.argv[1])
    else:
        assert not imports() & FORBIDDEN, "the library imports %s" % (imports() & FORBIDDEN)
        no_key_from_around()
