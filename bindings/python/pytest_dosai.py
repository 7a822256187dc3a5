"""pytest's plugin of dosai. It is no part of the package, for pytest to start without the library."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dosai.testing import Server


_raised: weakref.WeakSet[pytest.Item] = weakref.WeakSet()  # tests that failed or were skipped halfway


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if call.when != "teardown":
        (_raised.add if call.excinfo else _raised.discard)(item)


@pytest.fixture
def dosai_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A `dosai.testing.Server` for one test, which fails if a request came that no reply was for.

    If the test fails, no cassette is written.
    """
    from dosai.testing import Server

    with Server() as server:
        yield server
        if request.node in _raised:  # it raised outside of this block
            server.stop()
            server.cassette = None
