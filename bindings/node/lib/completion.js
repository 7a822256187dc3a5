'use strict';
// Whole answers: the server's JSON, with the library's reading where the server's format differs.

class Stamp {
  constructor(object) {
    return object;
  }
}

// Puts a private field on a plain object, which no other code sees: its JSON, or the template and the text that make it.
class Raw extends Stamp {
  #template;
  #json;

  constructor(object, template, json) {
    super(object);
    this.#template = template;
    this.#json = json;
  }

  static get(object) {
    if (!(#json in object)) return undefined;
    return object.#template === null ? object.#json : object.#template.jsonOf(object.#json);
  }
}

const REASONING = ['reasoning_content', 'reasoning', 'thinking'];
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isIndex = (value) => Number.isInteger(value) && value >= 0;
const hidden = (object, name, value) => Object.defineProperty(object, name, { value, enumerable: false });

function completionOf(facts) {
  const completion = facts.json ? JSON.parse(facts.json) : {};
  if (Array.isArray(completion.choices)) {
    repair(completion.choices, facts.choices);
  } else if (facts.choices || !facts.json) {
    completion.choices = [];
  }
  if (facts.created >= 0 && completion.created !== facts.created) completion.created = facts.created;
  if (facts.usage) repairUsage(completion, Object.values(facts.usage));
  hidden(completion, '_request_id', facts.requestId);
  hidden(completion, '_quirks', facts.quirks);
  hidden(completion, '_attempts', facts.attempts);
  hidden(completion, '_timings', facts.timings);
  hidden(completion, '_status', facts.httpStatus);
  return new Raw(completion, null, facts.json);
}

// Sorts the choices by their index. `read` is what the library has read, sorted, if there is anything unusual.
function repair(choices, read) {
  if (choices.length > 1) {
    const index = new Map(choices.map((choice, at) => [choice, isIndex(choice?.index) ? choice.index : at]));
    choices.sort((one, other) => index.get(one) - index.get(other));
  }
  if (!read || read.length !== choices.length) return;
  read.forEach((facts, at) => {
    const choice = choices[at];
    const message = isObject(choice.message) ? choice.message : (choice.message = {});
    choice.index = facts.index;
    for (const name of ['content', 'refusal']) {
      if (facts[name] !== null || (message[name] ?? null) !== null) message[name] = facts[name];
    }
    if (facts.reasoning !== null && !REASONING.some((name) => typeof message[name] === 'string')) {
      message.reasoning_content = facts.reasoning;
    }
    if (facts.finishReason !== null) choice.finish_reason = facts.finishReason;
    listCalls(message);
    facts.toolCalls.forEach((call, position) => {
      const given = message.tool_calls?.[position];
      if (isObject(given?.function) && call.arguments !== null) given.function.arguments = call.arguments;
    });
  });
}

// Makes the tool calls of a message or a delta a list, where the server sent one call alone.
function listCalls(part) {
  const calls = part.tool_calls;
  if (isObject(calls)) part.tool_calls = Object.keys(calls).length > 0 ? [calls] : [];
}

// Usage that the server has put elsewhere.
function repairUsage(owner, [prompt, completion, total, cached, reasoning]) {
  const given = owner.usage;
  if (isObject(given) && Object.keys(given).length > 0) return;
  if (Math.max(prompt, completion, total, cached, reasoning) < 0) return;
  const usage = owner.usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total };
  if (cached >= 0) usage.prompt_tokens_details = { cached_tokens: cached };
  if (reasoning >= 0) usage.completion_tokens_details = { reasoning_tokens: reasoning };
}

// The JSON of a chunk or a completion as the library gives it: what the server sent.
const rawJSON = (object) => Raw.get(object);

module.exports = { REASONING, Raw, completionOf, isIndex, isObject, listCalls, rawJSON, repairUsage };
