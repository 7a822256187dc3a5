"""Asks for JSON of a schema: python3 json_mode.py"""

import json
import os

from dosai import Client

SCHEMA = {"type": "object", "required": ["name", "year"], "additionalProperties": False, "properties": {
    "name": {"type": "string", "maxLength": 20}, "year": {"type": "integer", "minimum": 1950, "maximum": 2030}}}

client = Client()
completion = client.chat.completions.create(
    model=os.environ.get("DOSAI_MODEL", "dos-ai"),
    messages=[{"role": "user", "content": "Name a programming language and its year of creation, in JSON."}],
    response_format={"type": "json_schema", "json_schema": {"name": "language", "strict": True, "schema": SCHEMA}},
)
language = json.loads(completion.choices[0].message.content or "")
print(f"{language['name']} is of {language['year']}.")
