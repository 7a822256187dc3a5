from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

from cases.spans import cases

globals().update(cases(OpenAIInstrumentor))
del structured  # noqa: F821 (it makes no span of parse())
