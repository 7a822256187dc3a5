"""The client: where the server is, the key, and the calls."""

from __future__ import annotations

import os
from ctypes import byref, sizeof

from . import _ffi
from ._call import NOT_GIVEN, Call, Handle, NotGiven, c_string, check, lent_bytes, read_completion, set_headers
from ._errors import DosaiError
from ._json import decode, encode
from ._models import ChatCompletion, Page
from ._stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, Iterable, Mapping, Optional

    Timeout = Optional[float] | NotGiven


class Client:
    """A client of one server. Any number of threads may share it.

    `timeout` is how many seconds the server may stay silent, and a call that is no stream may take; None is for
    ever. `options` are the other fields of dosai_client_options, under their names: ca_file, proxy, ...
    """

    def __init__(
        self,
        api_key: Optional[str] = None,
        base_url: Optional[str] = None,
        *,
        organization: Optional[str] = None,
        project: Optional[str] = None,
        timeout: Timeout = NOT_GIVEN,
        max_retries: int = 2,
        default_headers: Optional[Mapping[str, str]] = None,
        **options: Any,
    ) -> None:
        api_key, base_url = from_environment(api_key, base_url)
        self._timeout = timeout
        fields = _ffi.dosai_client_options()
        _ffi.dosai_client_options_init(byref(fields), sizeof(fields))
        fields.max_retries = max_retries or -1
        fields.proxy_from_environment = 1
        texts = dict(api_key=api_key, base_url=base_url, organization=organization, project=project)
        for name, value in {**texts, **options}.items():
            set_option(fields, name, value)
        if default_headers:
            set_headers(fields, default_headers)
        client, error = _ffi.dosai_client(), _ffi.dosai_error()
        check(_ffi.dosai_client_new(byref(fields), byref(client), byref(error)), error)
        self._handle: Optional[Handle] = Handle(client, _ffi.dosai_client_free)
        self.chat = Chat(self)
        self.models = Models(self)

    def get(self, path: str, *, timeout: Timeout = NOT_GIVEN, extra_headers: Optional[Mapping[str, str]] = None) -> Any:
        """GETs any other endpoint, as "/models", and gives its JSON."""
        call = self._call(timeout, extra_headers)
        return self._unary(call, read_json, _ffi.dosai_client_get, c_string(path, "path"))

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        timeout: Timeout = NOT_GIVEN,
        extra_headers: Optional[Mapping[str, str]] = None,
    ) -> Any:
        """POSTs JSON to any other endpoint, as "/embeddings", and gives its JSON."""
        call = self._call(timeout, extra_headers)
        json = encode({} if body is None else body)
        return self._unary(call, read_json, _ffi.dosai_client_post, c_string(path, "path"), json, len(json))

    def close(self) -> None:
        """Drops the client. Calls and streams that go on keep what they need."""
        self._handle = None

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def _open_handle(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise DosaiError("the client is closed", status="INVALID_ARGUMENT")
        return handle

    def _call(self, timeout: Timeout, headers: Optional[Mapping[str, str]], unary: bool = True) -> Call:
        return Call(self._timeout if isinstance(timeout, NotGiven) else timeout, headers, unary)

    def _unary(self, call: Call, read: Callable[[Any], Any], function: Callable[..., int], *arguments: Any) -> Any:
        client = self._open_handle()
        completion, error = _ffi.dosai_completion(), _ffi.dosai_error()
        status = function(client.pointer, *arguments, byref(call.options), byref(completion), byref(error))
        owned = Handle(completion, _ffi.dosai_completion_free)
        call.check(status, error)
        return read(owned.pointer)


class Chat:
    def __init__(self, client: Client) -> None:
        self.completions = Completions(client)


class Completions:
    def __init__(self, client: Client) -> None:
        self._client = client

    def create(
        self,
        *,
        model: str,
        messages: Iterable[Any],
        stream: bool | NotGiven | None = False,
        timeout: Timeout = NOT_GIVEN,
        extra_headers: Optional[Mapping[str, str]] = None,
        extra_body: Optional[Mapping[str, Any]] = None,
        **parameters: Any,
    ) -> ChatCompletion | Stream:
        """Sends the conversation and gives the answer; with stream=True, its chunks as they come.

        Any parameter is sent as it is. Messages are dicts, or message objects of earlier answers.
        """
        client = self._client._open_handle()
        call = self._client._call(timeout, extra_headers, unary=not stream)
        request = build_request({"model": model, "messages": list(messages), **parameters, **(extra_body or {})})
        if stream:
            return Stream(client, request, call)
        completion: ChatCompletion = self._client._unary(call, read_completion, _ffi.dosai_chat, request.pointer)
        return completion


class Models:
    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self, *, timeout: Timeout = NOT_GIVEN, extra_headers: Optional[Mapping[str, str]] = None) -> Page:
        page = self._client.get("/models", timeout=timeout, extra_headers=extra_headers)
        return Page(page if isinstance(page, dict) else {"data": page})


def from_environment(api_key: Optional[str], base_url: Optional[str]) -> tuple[Optional[str], Optional[str]]:
    """Fills in what was not given. OpenAI's key goes only to the server that was named together with it."""

    def variable(name: str) -> Optional[str]:
        return os.environ.get(name) or None

    ours = variable("DOSAI_API_KEY"), variable("DOSAI_BASE_URL")
    theirs = variable("OPENAI_API_KEY"), variable("OPENAI_BASE_URL")
    if api_key is None and base_url is None and ours == (None, None) and None not in theirs:
        return theirs
    return (ours[0] if api_key is None else api_key), (ours[1] if base_url is None else base_url)


def set_option(fields: Any, name: str, value: Any) -> None:
    if name not in OPTIONS:
        raise TypeError(f"Client() has no option {name!r}")
    if isinstance(value, str):
        value = c_string(value, name)
    if name == "ca_pem":
        fields.ca_pem_length = len(value or b"")
    setattr(fields, name, value)


OPTIONS = frozenset(field[0] for field in _ffi.dosai_client_options._fields_) - {
    "struct_size", "max_retries", "headers", "header_count", "ca_pem_length", "on_log", "log_user_data", "log_level",
}


def build_request(parameters: dict[str, Any]) -> Handle:
    json = encode({name: value for name, value in parameters.items() if value is not NOT_GIVEN})
    request, error = _ffi.dosai_request(), _ffi.dosai_error()
    check(_ffi.dosai_request_parse(json, len(json), byref(request), byref(error)), error)
    return Handle(request, _ffi.dosai_request_free)


def read_json(completion: Any) -> Any:
    return decode(lent_bytes(_ffi.dosai_completion_json, completion) or b"null")
