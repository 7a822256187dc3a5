from openinference.instrumentation.openai import OpenAIInstrumentor

from cases.spans import cases

globals().update(cases(OpenAIInstrumentor))
