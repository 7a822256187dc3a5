"""Finds the shared library, and checks that it fits this package."""

from __future__ import annotations

import os
from ctypes import CDLL, byref, sizeof

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = "libdosai.so.0"
_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def load() -> CDLL:
    named = os.environ.get("DOSAI_LIBRARY")
    if named:
        paths = [named]
    else:
        built = os.path.join(_PACKAGE, "..", "..", "..", "build", "lib", NAME)
        paths = [path for path in (os.path.join(_PACKAGE, NAME), os.path.normpath(built)) if os.path.exists(path)]
        paths.append(NAME)
    try:
        return CDLL(paths[0])
    except OSError as error:
        raise ImportError(
            f"dosai: cannot load its library: {error}. Looked at DOSAI_LIBRARY, in {_PACKAGE}, in build/lib of the "
            f"source tree, and among the system's libraries; the first one found is used. "
            f"Build it with `make`, or set DOSAI_LIBRARY to the path of {NAME}.",
            name="dosai", path=paths[0],
        ) from None


library = load()


def function(name: str, result: Any, *arguments: Any) -> Any:
    try:
        found = getattr(library, name)
    except AttributeError:
        raise ImportError(f"dosai: {library._name} has no {name}: it is not the library of this package.",
                          name="dosai", path=library._name) from None
    found.restype = result
    found.argtypes = arguments
    return found


def check(needed: int, number: int, version: str, inits: dict[Any, Any]) -> None:
    """Refuses a library that is older than the declarations or has another major version.

    `inits` has the init function of each options struct.
    """
    if number < needed or number // 10000 != needed // 10000:
        raise ImportError(
            f"dosai: {library._name} is version {version}, but this package needs "
            f"{needed // 10000}.{needed // 100 % 100} or newer of the same major version.",
            name="dosai", path=library._name,
        )
    for structure, init in inits.items():
        options = structure()
        init(byref(options), sizeof(structure))
        if options.struct_size != sizeof(structure):
            raise ImportError(f"dosai: {library._name} declares {structure.__name__} differently from this package.",
                              name="dosai", path=library._name)
