"""The classes behind `client.chat`."""

from .completions import AsyncCompletions as AsyncCompletions, Completions as Completions
