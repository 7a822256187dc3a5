import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
for model in ("error-400", "error-401", "error-402", "error-403", "error-404", "error-409", "error-422", "error-429",
              "error-500", "error-503", "error-html", "mid-error", "close-0"):
    for stream in (True,) if model == "mid-error" else (False, True):
        try:
            answer = client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "Hi"}], **({"stream": True} if stream else {})
            )
            for chunk in answer if stream else ():
                print(chunk.choices[0].delta.content)
        except openai.RateLimitError as e:
            print("slow down:", e.status_code, e.code, e.response.headers.get("retry-after"))
        except openai.APIStatusError as e:
            print(type(e).__name__, e.status_code, e.response.status_code, e.request_id)
            print(e.code, e.type, e.param, e.body, isinstance(e, openai.OpenAIError), type(e).__mro__[1].__name__)
        except openai.APIConnectionError as e:
            print("The server could not be reached", isinstance(e, openai.APITimeoutError), e.__cause__ is e)
        except openai.APIError as e:
            print("An error in the stream:", e.code, e.type)
        except openai.OpenAIError:
            print("something else")
try:
    client.with_options(timeout=0.2).chat.completions.create(model="silent", messages=[])
except openai.APITimeoutError as e:
    print("timeout", isinstance(e, openai.APIConnectionError))
