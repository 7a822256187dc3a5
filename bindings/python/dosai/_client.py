"""The client: the server, the key, and all calls except chat."""

from __future__ import annotations

import os
from ctypes import byref, c_char_p, sizeof

from . import _ffi
from ._call import Call, Handle, LikeOpenAI, c_string, call_options, check, copy_of, greenlets, kept, merged, named, number, read_json
from ._chat import Chat
from ._closing import Closing
from ._embeddings import Embeddings
from ._errors import DosaiError, InvalidArgumentError
from ._json import encode
from ._log import set_log
from ._models import AvailableModel, Page
from ._response import Request
from ._stream import EventStream
from ._timeout import NOT_GIVEN, is_omitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Literal, Mapping, Optional, overload

    from typing_extensions import Self, Unpack

    from ._key import ApiKey, AsyncApiKey
    from ._parameters import CallOptions, ClientOptions, LibraryOptions, NoStream
    from ._timeout import NotGiven, Seconds
else:
    from ._chat import overload


class BaseClient(LikeOpenAI):
    """The arguments that Client and AsyncClient have in common."""

    # Outside of the dict, which the client's parts share: they refer to the connections, but not to the client.
    __slots__ = ("chat", "embeddings", "models", "__dict__", "__weakref__")
    _arguments: dict[str, Any]
    _connections: Optional[Connections]
    _of_queries: dict[str, Self]  # the clients for an `extra_query`

    def __init__(
        self,
        api_key: ApiKey | AsyncApiKey = None,
        base_url: Optional[str] = None,
        *,
        organization: Optional[str] = None,
        project: Optional[str] = None,
        timeout: Seconds = NOT_GIVEN,
        max_retries: int = 2,
        default_headers: Optional[Mapping[str, str]] = None,
        default_query: Optional[Mapping[str, object]] = None,
        **options: Unpack[LibraryOptions],
    ) -> None:
        import json  # now, not in a call: a signal handler may make another call meanwhile

        api_key, base_url = from_environment(api_key, base_url)
        self._timeout, self._max_retries, self._headers = timeout, max_retries, merged(default_headers)
        self._set_options()
        self._connect(dict(
            options, api_key=api_key, base_url=base_url, organization=organization, project=project,
            default_query=dict(named(default_query or {}, "default_query")),
        ))
        self._make_parts(self._twin())

    def with_options(self, **changes: Unpack[ClientOptions]) -> Self:
        """Returns a client with other options. It shares the connections if only `timeout`, `max_retries` and
        `default_headers` change. Headers, and the parts of a query, are added to the existing ones, or removed by None. An
        `api_key` or `base_url` of None is the existing one."""
        given: dict[str, Any] = dict(changes)
        for name in ("api_key", "base_url"):  # None would be DOS AI's server, with a key of another
            if given.get(name) is None or is_omitted(given[name]):
                given.pop(name, None)
        new: dict[str, Any] = {
            "timeout": self._timeout,
            "max_retries": self._max_retries,
            **given,
            "default_headers": merged(self._headers, changes.get("default_headers")),
        }
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._timeout, other._max_retries, other._headers = (new.pop(name) for name in PER_CALL_NAMES)
        other._set_options()
        if new:
            query = named(new.get("default_query") or {}, "default_query")
            new["default_query"] = {**self._arguments["default_query"], **query}
            other._connect({**self._arguments, **new})
        other._make_parts(other._twin())
        return other

    copy = with_options

    @property
    def api_key(self) -> Any:
        """The key, or the function that gives it. Setting it opens new connections."""
        return self._arguments["api_key"]

    @api_key.setter
    def api_key(self, value: ApiKey | AsyncApiKey) -> None:
        self._reconnect(api_key=value)

    @property
    def base_url(self) -> str:
        """The server. Setting it opens new connections; the key stays."""
        return str(self._arguments["base_url"] or DEFAULT_BASE_URL)

    @base_url.setter
    def base_url(self, value: Any) -> None:
        if value is None:
            raise TypeError("base_url must be a string, not None")
        self._reconnect(base_url=value)

    @property
    def organization(self) -> Optional[str]:
        """Setting it, or `project`, opens new connections."""
        organization: Optional[str] = self._arguments["organization"]
        return organization

    @organization.setter
    def organization(self, value: Optional[str]) -> None:
        self._reconnect(organization=value)

    @property
    def project(self) -> Optional[str]:
        project: Optional[str] = self._arguments["project"]
        return project

    @project.setter
    def project(self, value: Optional[str]) -> None:
        self._reconnect(project=value)

    @property
    def default_headers(self) -> dict[str, str]:
        """Those that were given; with_options() gives others."""
        return dict(self._headers)

    @property
    def default_query(self) -> dict[str, object]:
        """What was given; with_options() gives another."""
        return dict(self._arguments["default_query"])

    @property
    def timeout(self) -> Any:
        return self._timeout

    @timeout.setter
    def timeout(self, value: Seconds) -> None:
        self._timeout = value
        self._set_options()

    @property
    def max_retries(self) -> int:
        return self._max_retries

    @max_retries.setter
    def max_retries(self, value: int) -> None:
        self._max_retries = value
        self._set_options()

    def is_closed(self) -> bool:
        return self._connections is None

    def _drop_connections(self) -> None:
        self._connections, self._of_queries = None, {}

    def _reconnect(self, **changes: Any) -> None:
        is_closed = self.is_closed()
        self._connect({**self._arguments, **changes})
        if is_closed:
            self._drop_connections()

    def _connect(self, arguments: dict[str, Any]) -> None:
        self._connections = Connections(arguments)
        self._arguments, self._of_queries = arguments, {}
        self._url, _, self._query = full_url(arguments).partition("?")

    def _with_query(self, query: Optional[Mapping[str, object]]) -> Self:
        """The client for a call with this query."""
        if not query or is_omitted(query):
            return self
        self._open_handle()  # raises if the client is closed
        if self._arguments.get("requests_per_minute") or self._arguments.get("tokens_per_minute"):
            raise InvalidArgumentError(
                "extra_query: it would have a rate of its own; give the client default_query", status="INVALID_ARGUMENT"
            )
        key = repr(sorted(named(query, "extra_query").items()))
        client: Self = kept(self._of_queries, key, lambda: self.with_options(default_query=query), _QUERIES_MAX)
        return client

    def _twin(self) -> Self:
        """The same client without its parts, for them to refer to: so no client waits for the garbage collector."""
        twin = type(self).__new__(type(self))
        twin.__dict__ = self.__dict__
        return twin

    def _make_parts(self, client: Self) -> None:
        raise NotImplementedError

    def _open_handle(self) -> Handle:
        connections = self._connections
        if connections is None:
            raise DosaiError("the client is closed", status="INVALID_ARGUMENT")
        return connections.handle()

    def _set_options(self) -> None:
        """Makes, and so checks, the options of calls that have no others."""
        given, self._of_queries = (self._timeout, self._max_retries, self._headers), {}
        self._usual = {unary: call_options(*given, unary) for unary in (False, True)}

    def _options(
        self, path: Optional[str], *, unary: bool, method: str = "POST", timeout: Seconds = NOT_GIVEN,
        extra_headers: Optional[Mapping[str, str]] = None,
    ) -> Any:
        if is_omitted(timeout) and not extra_headers:
            options = copy_of(self._usual[unary])
        else:
            headers = merged(self._headers, extra_headers)
            timeout = self._timeout if is_omitted(timeout) else timeout
            options = call_options(timeout, self._max_retries, headers, unary)
        options.request = None if path is None else self._request(path, method)
        return options

    def _request(self, path: str, method: str = "POST") -> Request:
        url = f"{self._url.rstrip('/')}/{path.lstrip('/')}"
        return Request(method, f"{url}{'&' if '?' in url else '?'}{self._query}" if self._query else url)


class Client(BaseClient, Closing):
    """A client of one server. Any number of threads may share it.

    `timeout` limits how many seconds the server may be silent, and how long a call without streaming may take. None
    means no limit; a Timeout sets each clock. `options` are the other fields of dosai_client_options, under the same
    names: ca_file, proxy, unix_socket, ... Without `ca_file` and `ca_pem`, the authorities in the file that the environment
    variable SSL_CERT_FILE names are trusted, or those of the system.

    `api_key` may be a function that returns the key: it is called before each attempt, and what it raises, the call
    raises. `on_event` is called with a CallEvent at each point of a call's life.
    """

    chat: Chat
    embeddings: Embeddings
    models: Models

    def _make_parts(self, client: Self) -> None:
        self.chat, self.embeddings, self.models = Chat(client), Embeddings(client), Models(client)

    def get(self, path: str, **options: Unpack[CallOptions]) -> Any:
        """GETs any endpoint, such as "/models", and returns its JSON. Options: timeout, extra_headers."""
        place = c_string(path, "path")
        call = Call(self._options(path, method="GET", unary=True, **options))
        return read_json(self._send(call, _ffi.dosai_client_get, place))

    @overload
    def post(self, path: str, body: Any = None, *, stream: NoStream = False, **options: Unpack[CallOptions]) -> Any: ...

    @overload
    def post(
        self, path: str, body: Any = None, *, stream: Literal[True], last_event: Optional[str] = None,
        **options: Unpack[CallOptions],
    ) -> EventStream: ...

    def post(
        self, path: str, body: Any = None, *, stream: Optional[bool | NotGiven] = False,
        last_event: Optional[str] = None, **options: Unpack[CallOptions],
    ) -> Any:
        """POSTs JSON to any endpoint, such as "/embeddings", and returns its JSON. Options: timeout, extra_headers.

        With stream=True, returns the server-sent events of an endpoint such as "/responses". The body is sent as it is.
        `last_event` is the type or the data of the last event, such as "message_stop", or several, separated by spaces:
        a stream without it was cut off. If it is None, the end of the HTTP response is the end.
        """
        json, place = encode({} if body is None else body), c_string(path, "path")
        call = Call(self._options(path, unary=stream is not True, **options))
        if stream is not True:
            return read_json(self._send(call, _ffi.dosai_client_post, place, json, len(json)))
        set_last_event(call.options, last_event)
        client = self._open_handle()
        return EventStream(client, call, _ffi.dosai_stream_open_post, place, json, len(json))

    def warm(self, connections: int = 1, **options: Unpack[CallOptions]) -> None:
        """Opens connections ahead, without a request, so that as many first calls at once need not. Options: timeout."""
        call, error = Call(self._options(None, unary=True, **options)), _ffi.dosai_error()
        client, count = self._open_handle(), number(connections, "connections")
        call.check(call.run(_ffi.dosai_client_warm, client, count, byref(call.options), byref(error)), error)

    def close(self) -> None:
        """Closes the client. Calls and streams in progress continue."""
        self._drop_connections()

    def _complete(self, call: Call, function: Callable[..., int], *arguments: Any) -> Handle:
        return self._ask(call, function, arguments, Handle(_ffi.dosai_completion(), _ffi.dosai_completion_free))

    def _send(self, call: Call, function: Callable[..., int], *arguments: Any) -> Handle:
        return self._ask(call, function, arguments, Handle(_ffi.dosai_response(), _ffi.dosai_response_free))

    def _ask(self, call: Call, function: Callable[..., int], arguments: tuple[Any, ...], owner: Handle) -> Handle:
        client, error = self._open_handle(), _ffi.dosai_error()
        green = greenlets()
        if green is not None:
            return green.answer(function, client, call.options, *arguments)
        status = call.run(function, client, *arguments, byref(call.options), byref(owner.pointer), byref(error))
        call.check(status, error)
        call.unwatch()
        return owner


def set_last_event(options: Any, last_event: Optional[str]) -> None:
    options.last_event = None if last_event is None else c_string(last_event, "last_event")


class Models(LikeOpenAI):
    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self, **options: Unpack[CallOptions]) -> Page:
        """Returns the server's models: iterate over them, or read `data`."""
        return Page(page_of(self._client.get("/models", **options)))

    def retrieve(self, model: str, **options: Unpack[CallOptions]) -> AvailableModel:
        """Returns one of the server's models."""
        return AvailableModel(self._client.get(path_of(model), **options))


def path_of(model: str) -> str:
    from urllib.parse import quote

    if not model:
        raise ValueError("model must not be empty")
    return "/models/" + quote(model, safe="/:")


def page_of(answer: Any) -> dict[str, Any]:
    return answer if isinstance(answer, dict) else {"data": answer}


_QUERIES_MAX = 16
PER_CALL_NAMES = ("timeout", "max_retries", "default_headers")
DEFAULT_BASE_URL = "https://api.dos.ai/v1"
_NO_OPTIONS = {
    "struct_size", "max_retries", "headers", "header_count", "ca_pem_length", "on_log", "log_user_data", "log_level",
    "key_fn", "key_user_data", "on_event", "event_user_data",
    "connect_timeout_ms", "first_token_timeout_ms", "idle_timeout_ms", "total_timeout_ms",
}
OPTIONS = {name: kind for name, kind, *_ in _ffi.dosai_client_options._fields_ if name not in _NO_OPTIONS}


class Connections:
    """The library's client, made anew in a forked child, where the old one may not be used."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._arguments = arguments
        self._renew()

    def _renew(self) -> None:
        self._process, self._handle = os.getpid(), new_handle(self._arguments)

    def handle(self) -> Handle:
        if self._process != os.getpid():
            self._renew()
        return self._handle


def new_handle(given: Mapping[str, Any]) -> Handle:
    fields = _ffi.dosai_client_options()
    _ffi.dosai_client_options_init(byref(fields), sizeof(fields))
    fields.proxy_from_environment = 1
    set_log(fields)
    for name, value in given.items():
        if name == "api_key" and callable(value):
            from ._key import key_fn

            fields.key_fn = key_fn(value)
        elif name == "on_event":
            if value is not None:
                from ._observe import observer

                fields.on_event = observer(value)
        elif name == "base_url" and given["default_query"]:
            fields.base_url = option(name, full_url(given))
        elif name != "default_query":
            set_option(fields, name, value)
    if not fields.ca_file:  # ca_pem comes before both
        set_option(fields, "ca_file", os.environ.get("SSL_CERT_FILE") or None)
    client, error = _ffi.dosai_client(), _ffi.dosai_error()
    check(_ffi.dosai_client_new(byref(fields), byref(client), byref(error)), error)
    return Handle(client, _ffi.dosai_client_free, keep=fields)


def from_environment(
    api_key: ApiKey | AsyncApiKey, base_url: Optional[str]
) -> tuple[ApiKey | AsyncApiKey, Optional[str]]:
    """Takes what is missing from the environment, so that each key goes only to its own server: OPENAI_API_KEY to
    OPENAI_BASE_URL, and DOSAI_API_KEY to any other."""

    def variable(name: str) -> Optional[str]:
        return os.environ.get(name) or None

    def is_given(server: Optional[str]) -> bool:
        return server is not None and str(base_url).rstrip("/") == server.rstrip("/")

    key, ours, theirs = variable("DOSAI_API_KEY"), variable("DOSAI_BASE_URL"), variable("OPENAI_BASE_URL")
    if base_url is None:
        base_url = ours or theirs
    if not is_given(theirs) or is_given(ours):
        return (key if api_key is None else api_key), base_url
    if api_key is None:
        api_key = variable("OPENAI_API_KEY")
        if api_key is None and key is not None:
            raise InvalidArgumentError(
                "OPENAI_BASE_URL is set, but not OPENAI_API_KEY: set DOSAI_BASE_URL to where DOSAI_API_KEY shall go",
                status="INVALID_ARGUMENT",
            )
    return api_key, base_url


def full_url(given: Mapping[str, Any]) -> str:
    """The base URL, with the client's part of the query."""
    url, query = given["base_url"] or DEFAULT_BASE_URL, given["default_query"]
    return with_query(url, query) if query else str(url)


def with_query(url: Any, query: Mapping[str, object]) -> str:
    """The URL with more in its query. A value of None, or one that is not given, is left out."""
    from urllib.parse import urlencode

    given = {name: one for name, one in query.items() if one is not None and not is_omitted(one)}
    text = urlencode({name: in_query(name, one) for name, one in given.items()}, doseq=True)
    return f"{url}{'&' if '?' in str(url) else '?'}{text}" if text else str(url)


def in_query(name: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [in_query(name, each) for each in value]
    if hasattr(value, "keys"):
        raise TypeError(f"{name!r} in a query must be a text, a number or a list of them, not {type(value).__name__}")
    return str(value).lower() if isinstance(value, bool) else value  # as in JSON


def set_option(fields: Any, name: str, value: Any) -> None:
    if name not in OPTIONS:
        raise TypeError(f"Client() has no option {name!r}")
    setattr(fields, name, option(name, value))
    if name == "ca_pem":
        fields.ca_pem_length = len(fields.ca_pem or b"")


def option(name: str, value: Any) -> Any:
    if OPTIONS[name] is not c_char_p:
        return number(value, name, OPTIONS[name])
    if value is None:
        return None
    if type(value).__name__ == "URL":  # httpx's, or yarl's
        value = str(value)
    elif hasattr(value, "__fspath__"):
        value = value.__fspath__()
    elif name == "ca_pem" and isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    return c_string(value, name)
