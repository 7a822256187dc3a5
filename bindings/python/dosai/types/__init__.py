"""The types of answers, under openai-python's names. Those of chat are in `dosai.types.chat`."""

from .._models import AvailableModel as Model, CompletionUsage, CreateEmbeddingResponse, Embedding
from . import chat

__all__ = ["CompletionUsage", "CreateEmbeddingResponse", "Embedding", "Model", "chat"]
