"""pytest's plugin of dosai. It is no part of the package, for pytest to start without the library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dosai.testing import Server


@pytest.fixture
def dosai_server() -> Iterator[Server]:
    """A `dosai.testing.Server` for one test, which fails if a request came that no reply was for."""
    from dosai.testing import Server

    with Server() as server:
        yield server
