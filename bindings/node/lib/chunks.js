'use strict';
// The chunks of a stream. Most events differ from the one before only in their text: the addon has compared them, and
// such a chunk is a copy with another text. The others are parsed.
const { REASONING, Raw, isIndex, isObject, listCalls, repairUsage } = require('./completion.js');

const [KIND, FLAGS, CHOICE, TOOL_CALL, TEXT, TEXT_LENGTH, ID_LENGTH, NAME_LENGTH, JSON_AT, JSON_LENGTH] =
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const [IS_LAST, IS_LIKE_TEMPLATE, IS_TEMPLATE] = [1, 2, 4];
const [CONTENT, REASON, REFUSAL, TOOL, FINISH, USAGE] = [1, 2, 3, 4, 5, 6];

// An event, and how to make others that differ from it in their text alone.
class Template {
  constructor(json, part) {
    const quoted = JSON.stringify(part.text); // the addon has seen to it that it is there once
    const start = json.indexOf(quoted);
    this.prefix = json.slice(0, start + 1);
    this.suffix = json.slice(start + quoted.length - 1);
    this.part = part;
    this.copy = copierOf(JSON.parse(json), part);
  }

  jsonOf(inside) {
    return this.prefix + inside + this.suffix;
  }
}

// Makes chunks of rows, in two steps, so that what waits in a queue is small.
class ChunkMaker {
  #next = null; // the JSON of an event that was not needed as a template yet, and what the library read in it
  #template = null; // of the rows
  #current = null; // of the reader
  #parts = [];

  // Gives the entries of a row to the queue.
  take(rows, at, text, json, push) {
    const flags = rows[at + FLAGS];
    if (flags & IS_LIKE_TEMPLATE) {
      if (this.#next !== null) {
        push((this.#template = new Template(...this.#next)), 0);
        this.#next = null;
      }
      const piece = pieceOf(text, rows[at + TEXT], rows[at + TEXT_LENGTH]);
      push(rows[at + JSON_LENGTH] === 0 ? piece : new Escaped(piece, jsonIn(rows, at, json)), piece.length);
      return;
    }
    const part = partOf(rows, at, text);
    if (!(flags & IS_LAST)) {
      this.#parts.push(part);
      return;
    }
    const source = jsonIn(rows, at, json);
    if (flags & IS_TEMPLATE) this.#next = [source, part];
    if (this.#parts.length === 0) push(new Source(source, part, null), source.length);
    else push(new Source(source, part, this.#parts.splice(0).concat(part)), source.length);
  }

  // Gives the chunk of an entry; null if there is none.
  read(entry) {
    if (typeof entry === 'string') return this.#like(entry, entry);
    if (entry instanceof Escaped) return this.#like(entry.text, entry.inside);
    if (entry instanceof Source) return entry.chunk();
    this.#current = entry;
    return null;
  }

  #like(text, inside) {
    const template = this.#current;
    if (template.copy !== null) return new Raw(template.copy(text), template, inside);
    const event = JSON.parse(template.jsonOf(inside));
    repair(event, [{ ...template.part, text }]);
    return new Raw(event, template, inside);
  }
}

// A text that has escapes in JSON.
class Escaped {
  constructor(text, inside) {
    this.text = text;
    this.inside = inside;
  }
}

// An event to parse, and what the library read in it.
class Source {
  constructor(json, part, parts) {
    this.json = json;
    this.part = part;
    this.parts = parts;
  }

  chunk() {
    const event = JSON.parse(this.json);
    if (this.parts !== null) repair(event, this.parts);
    else if (!isAsUsual(event, this.part)) repair(event, [this.part]);
    return new Raw(event, null, this.json);
  }
}

function jsonIn(rows, at, json) {
  const start = rows[at + JSON_AT];
  return json.substring(start, start + rows[at + JSON_LENGTH]);
}

function partOf(rows, at, text) {
  const start = rows[at + TEXT];
  const id = start + Math.max(rows[at + TEXT_LENGTH], 0);
  const name = id + Math.max(rows[at + ID_LENGTH], 0);
  return {
    kind: rows[at + KIND], choice: rows[at + CHOICE], toolCall: rows[at + TOOL_CALL],
    text: pieceOf(text, start, rows[at + TEXT_LENGTH]), id: pieceOf(text, id, rows[at + ID_LENGTH]),
    name: pieceOf(text, name, rows[at + NAME_LENGTH]),
  };
}

function pieceOf(text, start, length) {
  return length < 0 ? null : text.substring(start, start + length);
}

// Whether it is an event with a content, as nearly all are, in which there is nothing to repair.
function isAsUsual({ choices }, { kind, choice, text }) {
  if (kind !== CONTENT || !Array.isArray(choices) || choices.length !== 1) return false;
  const [{ index, delta, finish_reason: finishReason }] = choices;
  return index === choice && !finishReason && delta?.content === text && !isObject(delta.tool_calls);
}

// Makes copies of an event with one text. There is none if a copy would share an object with it.
function copierOf(event, part) {
  const { choices } = event;
  const choice = Array.isArray(choices) && choices.length === 1 ? choices[0] : null;
  const delta = choice?.delta;
  if (!isObject(delta) || !isFlat(event, 'choices') || !isFlat(choice, 'delta')) return null;
  if (choice.index !== part.choice) return null;
  if (part.kind === TOOL) return toolCopier(event, choice, delta, part.toolCall);
  const { kind } = part;
  const name = kind === CONTENT ? 'content' : kind === REFUSAL ? 'refusal' : REASONING.find((each) => typeof delta[each] === 'string');
  if (!isFlat(delta) || typeof delta[name] !== 'string') return null;
  return name === 'content'
    ? (content) => ({ ...event, choices: [{ ...choice, delta: { ...delta, content } }] })
    : (text) => ({ ...event, choices: [{ ...choice, delta: { ...delta, [name]: text } }] });
}

function toolCopier(event, choice, delta, index) {
  const call = Array.isArray(delta.tool_calls) && delta.tool_calls.length === 1 ? delta.tool_calls[0] : null;
  const made = call?.function;
  if (!isFlat(delta, 'tool_calls') || !isObject(made) || !isFlat(call, 'function') || !isFlat(made)) return null;
  if (typeof made.arguments !== 'string' || call.index !== index) return null;
  return (text) => ({
    ...event,
    choices: [{ ...choice, delta: { ...delta, tool_calls: [{ ...call, function: { ...made, arguments: text } }] } }],
  });
}

function isFlat(object, except) {
  for (const name in object) {
    if (name !== except && typeof object[name] === 'object' && object[name] !== null) return false;
  }
  return true;
}

// The event as the server sent it, with what the library read in it where the format differs.
function repair(event, parts) {
  const choices = Array.isArray(event.choices) ? event.choices.filter(isObject) : [];
  event.choices = choices;
  choices.forEach((choice, at) => {
    const delta = choice.delta ?? choice.message;
    if (!isIndex(choice.index)) choice.index = at;
    if (choice.finish_reason && !parts.some((part) => part.kind === FINISH && part.choice === choice.index)) {
      choice.finish_reason = null; // it was sent twice
    }
    if (choice.delta !== delta || !isObject(delta)) choice.delta = isObject(delta) ? delta : {};
    listCalls(choice.delta);
  });
  const texts = new Map();
  const positions = new Map();
  for (const part of parts) {
    const delta = choices.find((choice) => choice.index === part.choice)?.delta;
    if (part.kind === USAGE) {
      repairUsage(event, JSON.parse(part.text));
    } else if (delta !== undefined && part.kind === TOOL) {
      const position = positions.get(delta) ?? 0;
      positions.set(delta, position + 1);
      repairToolCall(delta.tool_calls?.[position], part);
    } else if (delta === undefined || part.text === null) {
      continue;
    } else if (part.kind === CONTENT || part.kind === REFUSAL || part.kind === REASON) {
      const name = nameOf(delta, part.kind);
      const key = `${part.choice} ${name}`;
      texts.set(key, (texts.get(key) ?? '') + part.text);
      if (delta[name] !== texts.get(key)) delta[name] = texts.get(key);
    }
  }
}

function nameOf(delta, kind) {
  if (kind !== REASON) return kind === CONTENT ? 'content' : 'refusal';
  return REASONING.find((name) => typeof delta[name] === 'string') ?? 'reasoning_content';
}

// An empty id or name is none.
function repairToolCall(call, part) {
  if (!isObject(call)) return;
  call.index = part.toolCall;
  if (call.id === '') delete call.id;
  if (!isObject(call.function)) return;
  if (call.function.name === '') delete call.function.name;
  if (part.text !== null && typeof call.function.arguments !== 'string') call.function.arguments = part.text;
}

// An event of a stream that is not a chat.
class ServerSentEvent {
  constructor(type, data, id) {
    this.type = type;
    this.data = data;
    this.id = id;
  }

  json() {
    return JSON.parse(this.data);
  }
}

class EventMaker {
  take(rows, at, text, json, push) {
    const part = partOf(rows, at, text);
    const data = part.text ?? '';
    push(new ServerSentEvent(part.name, data, part.id), data.length);
  }

  read(event) {
    return event;
  }
}

module.exports = { ChunkMaker, EventMaker, ServerSentEvent };
