import json

from openai import OpenAI

client = OpenAI()
response = client.chat.completions.create(
    model="dos-ai",
    messages=[
        {"role": "system", "content": "Respond in JSON format."},
        {"role": "user", "content": "List 3 programming languages with their year of creation."},
    ],
    response_format={"type": "json_object"},
)
for language in json.loads(response.choices[0].message.content)["languages"]:
    print(language["name"], language["year"])
schema = {"type": "object", "properties": {"languages": {"type": "array"}}, "required": ["languages"]}
response = client.chat.completions.create(
    model="dos-ai",
    messages=[{"role": "user", "content": "The same."}],
    response_format={"type": "json_schema", "json_schema": {"name": "list", "strict": True, "schema": schema}},
)
print(json.loads(response.choices[0].message.content))
