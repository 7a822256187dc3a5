"""The system's certificate authorities, in each place where systems have them. /etc is an empty one, in a mount
namespace: root's, or one of a user's own."""
import os, pathlib, re, subprocess, sys

import pytest

import wire

PLACES = re.findall(r'"(/(?:etc|usr)/\S+?)", +/\*', (wire.ROOT / "Sources/CCurl/shim.h").read_text())
CALL = "import sys; from test_tls import first; print(*first(sys.argv[1]))"
SCRIPT = """
mount -t tmpfs none /etc && mount -t tmpfs none /usr/local/share
[ -z "$1" ] || { mkdir -p "${1%/*}" && cp "$2" "$1"; }
shift 2
exec "$@"
"""


def call(server, place, file):
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    base = server.base("hello", "tls").replace("localhost", "127.0.0.1")
    command = ["unshare", *user, "--mount", "sh", "-euc", SCRIPT, "sh", place, file, sys.executable, "-c", CALL, base]
    ran = subprocess.run(command, cwd=pathlib.Path(__file__).parent, stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_there_are_places():
    assert len(PLACES) == 6


@pytest.mark.parametrize("place", PLACES)
def test_found(server, place):
    assert call(server, place, server.ca) == "OK None"


def test_none_is_found(server):
    told = call(server, "", server.ca)
    assert told.startswith("TLS no file of certificate authorities was found; set ca_file")


def test_another_is_found(server):
    told = call(server, PLACES[0], server.client_certificate)
    assert told.startswith("TLS TLS failed")
