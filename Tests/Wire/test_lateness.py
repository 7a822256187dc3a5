"""What a test allows for its machine is read while another process writes it: the old or the new number is seen, never a part."""
import subprocess, sys

import lateness

WRITER = """
import sys, time
import lateness
lateness.numbers = lateness.attach(sys.argv[1])
ended = time.monotonic() + 1
while time.monotonic() < ended:
    lateness.tell(1.0, 1.0)
"""


def test_is_never_torn(tmp_path, monkeypatch):
    place = tmp_path / "lateness"
    place.write_bytes(bytes(16))
    monkeypatch.setattr(lateness, "numbers", lateness.attach(place))
    lateness.tell(1.0, 1.0)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, place], cwd=lateness.__file__.rpartition("/")[0])
    seen = set()
    while writer.poll() is None:
        seen.add(lateness.read())
    assert writer.returncode == 0 and seen == {(1.0, 1.0)}
