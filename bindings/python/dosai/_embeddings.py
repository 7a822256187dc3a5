"""Embeddings."""

from __future__ import annotations

from ._call import LikeOpenAI
from ._errors import APIResponseValidationError
from ._models import CreateEmbeddingResponse
from ._timeout import NOT_GIVEN, is_omitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Literal, Mapping, Optional, Sequence, Union

    from typing_extensions import Unpack

    from ._async_client import AsyncClient
    from ._client import Client
    from ._parameters import CallOptions
    from ._timeout import NotGiven

    Input = Union[str, Sequence[str], Iterable[int], Iterable[Iterable[int]]]
    Format = Union[Literal["float", "base64"], NotGiven, None]

_PATH = "/embeddings"


class Embeddings(LikeOpenAI):
    def __init__(self, client: Client) -> None:
        self._client = client

    def create(
        self, *, model: str, input: Input, dimensions: Optional[int | NotGiven] = NOT_GIVEN,
        encoding_format: Format = NOT_GIVEN, user: Optional[str | NotGiven] = NOT_GIVEN,
        extra_body: Optional[Mapping[str, Any]] = None, **options: Unpack[CallOptions],
    ) -> CreateEmbeddingResponse:
        """Returns the embedding of a text, or of each text in a list, in `data[i].embedding`."""
        body = body_of(model, input, extra_body, dimensions=dimensions, encoding_format=encoding_format, user=user)
        return answer_of(self._client.post(_PATH, body, **options))


class AsyncEmbeddings(LikeOpenAI):
    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def create(
        self, *, model: str, input: Input, dimensions: Optional[int | NotGiven] = NOT_GIVEN,
        encoding_format: Format = NOT_GIVEN, user: Optional[str | NotGiven] = NOT_GIVEN,
        extra_body: Optional[Mapping[str, Any]] = None, **options: Unpack[CallOptions],
    ) -> CreateEmbeddingResponse:
        """Returns the embedding of a text, or of each text in a list, in `data[i].embedding`."""
        body = body_of(model, input, extra_body, dimensions=dimensions, encoding_format=encoding_format, user=user)
        return answer_of(await self._client.post(_PATH, body, **options))


def body_of(model: str, input: Any, extra_body: Optional[Mapping[str, Any]], **given: Any) -> dict[str, Any]:
    if isinstance(input, (bytes, dict)):
        raise TypeError(f"input must be a string or a list, not {type(input).__name__}")
    body = {"model": model, "input": input if isinstance(input, str) else list(input), **given, **(extra_body or {})}
    return {name: value for name, value in body.items() if not is_omitted(value)}


def answer_of(answer: Any) -> CreateEmbeddingResponse:
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise APIResponseValidationError("the answer is not a list of embeddings", status="PROTOCOL")
    return CreateEmbeddingResponse(answer)
