from openai import OpenAI

client = OpenAI()
completion = client.chat.completions.create(
    model="dos-ai", messages=[{"role": "user", "content": "Tell me a joke."}], n=3, logprobs=True, top_logprobs=1
)
for choice in completion.choices:
    print(choice.index, choice.message.content, choice.finish_reason)
    for token in choice.logprobs.content:
        print(token.token, token.logprob, token.top_logprobs[0].token)
