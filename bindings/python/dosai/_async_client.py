"""The client for asyncio, with the calls of Client. It starts no thread: the event loop watches one descriptor."""

from __future__ import annotations

from asyncio import sleep
from inspect import iscoroutinefunction

from . import _ffi
from ._async_chat import AsyncChat
from ._async_loop import LoopCall, Loops, trio_token
from ._call import LikeOpenAI, c_string, read_json
from ._async_stream import AsyncEventStream
from ._client import BaseClient, page_of, path_of, set_last_event
from ._closing import AsyncClosing
from ._embeddings import AsyncEmbeddings
from ._json import encode
from ._key import AwaitedKey
from ._models import AsyncPage, AvailableModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, AsyncIterator, Callable, Generator, Literal, Optional, overload

    from typing_extensions import Self, Unpack

    from ._parameters import CallOptions, NoStream
    from ._timeout import NotGiven
else:
    from ._chat import overload


class AsyncClient(BaseClient, AsyncClosing):
    """A client of one server for asyncio. Any number of tasks, in any event loops, may share it.

    Its arguments are those of Client. `api_key` may also be an async function: it is awaited before each call.
    """

    chat: AsyncChat
    embeddings: AsyncEmbeddings
    models: AsyncModels

    def _make_parts(self, client: Self) -> None:
        self.chat, self.embeddings, self.models = AsyncChat(client), AsyncEmbeddings(client), AsyncModels(client)

    async def get(self, path: str, **options: Unpack[CallOptions]) -> Any:
        """GETs any endpoint, such as "/models", and returns its JSON. Options: timeout, extra_headers."""
        return await self._ask(path, None, **options)

    @overload
    async def post(
        self, path: str, body: Any = None, *, stream: NoStream = False, **options: Unpack[CallOptions]
    ) -> Any: ...

    @overload
    async def post(
        self, path: str, body: Any = None, *, stream: Literal[True], last_event: Optional[str] = None,
        **options: Unpack[CallOptions],
    ) -> AsyncEventStream: ...

    async def post(
        self, path: str, body: Any = None, *, stream: Optional[bool | NotGiven] = False,
        last_event: Optional[str] = None, **options: Unpack[CallOptions],
    ) -> Any:
        """POSTs JSON to any endpoint, such as "/embeddings", and returns its JSON. Options: timeout, extra_headers.

        With stream=True, returns the server-sent events of any endpoint: see Client.post.
        """
        json = encode({} if body is None else body)
        if stream is not True:
            return await self._ask(path, json, **options)
        place = c_string(path, "path")
        chosen = self._options(path, unary=False, **options)
        set_last_event(chosen, last_event)
        call = await self._submit(_ffi.dosai_loop_submit_stream_post, chosen, place, json, len(json))
        return await AsyncEventStream.open(call)

    async def close(self) -> None:
        """Closes the client. Calls and streams in progress continue."""
        self._drop_connections()
        self._loops = Loops()
        if trio_token() is None:
            await sleep(0)  # lets the event loop run what the last user of the connections scheduled

    aclose = close

    def _connect(self, arguments: dict[str, Any]) -> None:
        key = arguments["api_key"]
        is_async = iscoroutinefunction(key) or iscoroutinefunction(getattr(type(key), "__call__", None))
        arguments["api_key"] = AwaitedKey(key) if is_async else key
        super()._connect(arguments)
        self._loops = Loops()

    async def _submit(self, function: Callable[..., int], options: Any, *arguments: Any) -> LoopCall:
        key = self._arguments["api_key"]
        if isinstance(key, AwaitedKey):
            await key.renew()
        client = self._open_handle()
        return self._loops.running().submit(function, client, options, *arguments)

    async def _ask(self, path: str, json: Optional[bytes], **options: Any) -> Any:
        place = c_string(path, "path")
        chosen = self._options(path, method="GET" if json is None else "POST", unary=True, **options)
        if json is None:
            call = await self._submit(_ffi.dosai_loop_submit_get, chosen, place)
        else:
            call = await self._submit(_ffi.dosai_loop_submit_post, chosen, place, json, len(json))
        return read_json(await call.answer())


class AsyncModels(LikeOpenAI):
    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def list(self, **options: Unpack[CallOptions]) -> AsyncList:
        """The server's models: `await` them, or iterate with `async for`."""
        return AsyncList(self._client, options)

    async def retrieve(self, model: str, **options: Unpack[CallOptions]) -> AvailableModel:
        """Returns one of the server's models."""
        return AvailableModel(await self._client.get(path_of(model), **options))


class AsyncList:
    """A list that is fetched when it is awaited or iterated over."""

    def __init__(self, client: AsyncClient, options: Any) -> None:
        self._client, self._options = client, options

    def __await__(self) -> Generator[Any, None, AsyncPage]:
        return self._get().__await__()

    async def __aiter__(self) -> AsyncIterator[AvailableModel]:
        for model in await self._get():
            yield model

    async def _get(self) -> AsyncPage:
        return AsyncPage(page_of(await self._client.get("/models", **self._options)))
