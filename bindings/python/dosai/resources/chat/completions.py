"""The classes behind `client.chat.completions`."""

from ..._async_chat import AsyncCompletions as AsyncCompletions
from ..._chat import Completions as Completions
