"""The decoder built for WebAssembly says of each body of the corpus what the native one says of it."""
import json, pathlib, sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/Wire"), str(ROOT / "Tests/CLI")]
import wire
from module import Module
from test_decoder import STREAMS, Decoder, body_splits, common


@pytest.fixture(scope="module")
def both():
    with Decoder("http://localhost/v1") as decoder:
        yield decoder, Module()


def check(both, pieces):
    decoder, module = both
    wanted = common(decoder.see_pieces(pieces))
    with module.instead():
        assert not wire.differences(common(decoder.see_pieces(pieces)), wanted)
    return wanted


@pytest.mark.parametrize("number", range(len(STREAMS)), ids=[case.id for case in STREAMS])
def test_case(both, number):
    case = STREAMS[number]
    body = case.body.replace(b"@KEY@", wire.KEY.encode())
    splits = list(body_splits(case, body))
    for _, pieces in splits if number % 8 == 0 else [splits[0], splits[2]]:  # byte by byte takes Python long
        check(both, pieces)


@pytest.mark.parametrize("name", ["text", "x" * 5000])
def test_long(both, name):
    """Longer than the memory that it begins with."""
    event = {"choices": [{"index": 0, "delta": {"content": "y" * 3_000_000, name: 0}, "finish_reason": "stop"}]}
    body = b"data: %s\n\n" % json.dumps(event).encode()
    assert check(both, [body[:7], body[7:], b"data: [DONE]\n\n"])["status"] == "OK"


def test_imports(both):
    """A host needs to give it random bytes, and nothing else."""
    module = both[1].module
    assert [(each.module, each.name) for each in module.imports] == [("wasi_snapshot_preview1", "random_get")]
    assert (ROOT / "build/wasm/dosai-decoder.wasm").stat().st_size < 240_000
