"""openai-python's own clients, with their chat completions on libdosai.

    from dosai.openai import OpenAI, AsyncOpenAI, AzureOpenAI, AsyncAzureOpenAI

They are subclasses, and give and raise openai-python's own types: frameworks, parse(), stream(), with_raw_response and
tracers work. Everything but chat completions is openai-python's; so is chat if the client has an `http_client` of its
own. `patch()` does the same for clients that other code makes. Every other name of this module is openai-python's, also
`api_key` and what else a program sets, so that `import dosai.openai as openai` is enough. Needs the package openai:
`pip install dosai[openai]`.

Answers, streams and errors have a `Report` in `_dosai`: status, clock, attempts, quirks, timings, and what had arrived.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import openai

from . import _openai
# Type checkers take a name for the module's own only if it is written twice.
from ._openai import AsyncAzureOpenAI as AsyncAzureOpenAI, AsyncOpenAI as AsyncOpenAI, AzureOpenAI as AzureOpenAI
from ._openai import OpenAI as OpenAI, patch as patch, unpatch as unpatch
from ._openai_report import Report as Report

if TYPE_CHECKING:
    from typing import Any

    from openai import *  # type: ignore[assignment, unused-ignore]  # noqa: F403

Client, AsyncClient = OpenAI, AsyncOpenAI  # openai-python has these names, too
_OURS = {"AsyncAzureOpenAI", "AsyncClient", "AsyncOpenAI", "AzureOpenAI", "Client", "OpenAI", "Report", "patch", "unpatch"}
_before: dict[str, Any] = {}  # of openai-python's names, what programs have replaced; itself where there was nothing


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name == "__path__" and sys.modules.get("openai") is not self:
            raise AttributeError(name)  # openai-python's modules have only its names
        if name == "chat":
            return _openai.on_libdosai(openai._load_client()).chat  # type: ignore[attr-defined, unused-ignore]
        return getattr(openai, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OURS or name.startswith("__"):
            super().__setattr__(name, value)
        else:
            _before.setdefault(name, vars(openai).get(name, _before))
            setattr(openai, name, value)

    def __delattr__(self, name: str) -> None:
        """As before it was set: so ends what a test has patched."""
        value = _before.pop(name, _before)
        delattr(openai, name) if value is _before else setattr(openai, name, value)

    def __dir__(self) -> list[str]:
        return sorted({*dir(openai), *_OURS})


if not TYPE_CHECKING:
    __all__ = sorted({*openai.__all__, *_OURS})
    sys.modules[__name__].__class__ = _Module
