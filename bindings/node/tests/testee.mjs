// The binding behind the door through which Tests/Bindings sees every binding: what `dosai chat --json` writes, or with
// --serve one call a line.
import fs from 'node:fs';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { rawJSON } from '../index.mjs';

const REASONING = ['reasoning_content', 'reasoning', 'thinking'];
const COUNTS = ['prompt_tokens', 'completion_tokens', 'total_tokens', 'cached_tokens', 'reasoning_tokens'];
const textOr = (value) => (typeof value === 'string' ? value : null);
const reasoningOf = (part) => textOr(REASONING.map((name) => part[name]).find((value) => typeof value === 'string'));

function countsOf(usage) {
  const found = [usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens,
    usage?.prompt_tokens_details?.cached_tokens, usage?.completion_tokens_details?.reasoning_tokens];
  return Object.fromEntries(COUNTS.map((name, at) => [name, Number.isInteger(found[at]) ? found[at] : -1]));
}

const hasCounts = (usage) => Object.values(countsOf(usage)).some((count) => count >= 0);

function chunkOf(chunk) {
  const choices = chunk.choices.map(({ index, delta, finish_reason: finishReason }) => {
    const toolCalls = delta.tool_calls?.map((call) => ({
      index: call.index, id: textOr(call.id), name: textOr(call.function?.name), arguments: textOr(call.function?.arguments),
    }));
    const fields = { content: textOr(delta.content), reasoning: reasoningOf(delta), refusal: textOr(delta.refusal),
      finish_reason: textOr(finishReason), tool_calls: toolCalls?.length ? toolCalls : null };
    return { index, ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) };
  });
  const usage = hasCounts(chunk.usage) ? { usage: countsOf(chunk.usage) } : {};
  return { json: rawJSON(chunk), choices, ...usage };
}

const attemptsOf = (attempts) => attempts.map((one) => ({ status: one.status, http_status: one.httpStatus, delay_ms: one.delayMs }));

function completionOf(completion) {
  return completion && {
    json: rawJSON(completion), id: textOr(completion.id), object: textOr(completion.object),
    created: Number.isInteger(completion.created) ? completion.created : -1, model: textOr(completion.model),
    choices: completion.choices.map(({ index, message, finish_reason: finishReason }) => ({
      index, role: textOr(message.role), content: textOr(message.content), refusal: textOr(message.refusal),
      reasoning: reasoningOf(message), finish_reason: textOr(finishReason),
      tool_calls: (message.tool_calls ?? []).map((call) => ({
        id: textOr(call.id), name: textOr(call.function?.name), arguments: textOr(call.function?.arguments),
      })),
    })),
    usage: countsOf(completion.usage), quirks: completion._quirks, http_status: completion._status,
    attempts: attemptsOf(completion._attempts),
  };
}

function errorOf(error) {
  return {
    status: error.statusName, message: error.message, http_status: error.status ?? 0, code: error.code ?? null,
    type: error.type ?? null, param: error.param ?? null, body: error.body?.toString('hex') ?? null,
    clock: error.clock ?? null, retry_after_ms: error.retryAfterMs ?? -1, request_id: error.requestID ?? null,
    attempts: attemptsOf(error.attempts ?? []), completion: completionOf(error.completion ?? null),
  };
}

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

function clientOptions(url, { headers = [], max_retries: retries, ...options }) {
  const made = { baseURL: url, apiKey: '', defaultHeaders: Object.fromEntries(headers.map((line) => line.split(/: *(.*)/s, 2))) };
  for (const [name, value] of Object.entries(options)) made[camel(name)] = value;
  if (retries) made.maxRetries = Math.max(retries, 0);
  return made;
}

const clients = new Map();

function clientOf(url, options) {
  const key = JSON.stringify([url, options]);
  if (!clients.has(key)) clients.set(key, new OpenAI(clientOptions(url, options)));
  return clients.get(key);
}

async function call({ url, options = {}, request, face, cancel_after: cancelAfter = null, drop_after: dropAfter = null,
  cancel_after_ms: cancelAfterMs = null, pause_after: pauseAfter = null }) {
  const seen = { status: 'OK', chunks: [], completion: null, error: null };
  try {
    const client = clientOf(url, options);
    const controller = new AbortController();
    const isStreamed = face.endsWith('stream');
    if (cancelAfter === 0 || cancelAfterMs === 0) controller.abort();
    const answer = client.chat.completions.create({ ...request, stream: isStreamed }, { signal: controller.signal });
    if (cancelAfterMs > 0) setTimeout(() => controller.abort(), cancelAfterMs).unref();
    if (dropAfter === 0) {
      answer.then((stream) => stream.return(), () => {});
      return seen;
    }
    if (!isStreamed) {
      seen.completion = completionOf(await answer);
      return seen;
    }
    const stream = await answer;
    for await (const chunk of stream) {
      seen.chunks.push(chunkOf(chunk));
      if (seen.chunks.length === cancelAfter) controller.abort();
      if (seen.chunks.length === pauseAfter) await sleep(300);
      if (seen.chunks.length === dropAfter) return seen;
    }
    seen.completion = completionOf(await stream.finalChatCompletion());
  } catch (error) {
    if (!(error instanceof OpenAI.OpenAIError)) throw error;
    seen.error = errorOf(error);
    seen.status = seen.error.status ?? 'INVALID_ARGUMENT';
    seen.error.status = seen.status;
  }
  return seen;
}

async function serve() {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    let result;
    try {
      result = await call(JSON.parse(line));
    } catch (error) {
      result = { failed: String(error?.stack ?? error) };
    }
    await new Promise((resolve) => process.stdout.write(`${JSON.stringify(result)}\n`, resolve));
  }
}

// ---- dosai chat --json

const unicode = (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
const steering = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, unicode);
const object = (pairs) => `{${pairs.map(([name, value]) => `"${name}": ${value}`).join(', ')}}`;
const put = (text) => (text === null || text === undefined ? 'null' : `"${steering(text.replace(/["\\]/g, '\\$&'))}"`);
const compact = (json) => json.replace(/("(?:[^"\\]|\\.)*")|\s+/gs, (_, string) => (string ? steering(string) : ''));

const chunkLine = (kind, choice, ...more) => object([['chunk', object([['kind', put(kind)], ['choice', choice], ...more])]]);

function* linesOf(chunk) {
  const other = (index) => chunkLine('other', index, ['json', compact(rawJSON(chunk))]);
  for (const choice of chunk.choices) {
    const lines = [...linesOfChoice(choice)];
    yield* lines.length ? lines : [other(choice.index)];
  }
  if (hasCounts(chunk.usage)) {
    const counts = Object.entries(countsOf(chunk.usage)).map(([name, value]) => [name, value < 0 ? 'null' : value]);
    yield chunkLine('usage', -1, ['usage', object(counts)]);
  } else if (chunk.choices.length === 0) yield other(-1);
}

function* linesOfChoice({ index, delta, finish_reason: finishReason }) {
  for (const [kind, text] of [['reasoning', reasoningOf(delta)], ['content', textOr(delta.content)], ['refusal', textOr(delta.refusal)]]) {
    if (text) yield chunkLine(kind, index, ['text', put(text)]);
  }
  for (const call of delta.tool_calls ?? []) {
    yield chunkLine('tool_call', index, ['tool_call', call.index], ['id', put(call.id)],
      ['name', put(call.function?.name)], ['text', put(call.function?.arguments)]);
  }
  if (finishReason) yield chunkLine('finish', index, ['finish_reason', put(finishReason)]);
}

function lastLine(error, completion) {
  const found = error ? error.completion : completion;
  const shown = error && object([
    ['message', put(error.message)], ['http_status', error.status ?? 'null'], ['code', put(error.code)],
    ['type', put(error.type)], ['param', put(error.param)], ['request_id', put(error.requestID)],
    ['retry_after_ms', error.retryAfterMs ?? 'null'], ['body', put(error.body?.toString())], ['timeout', put(error.clock)]]);
  const timings = error ? error.timings : completion._timings;
  const times = ['connect', 'firstByte', 'firstToken', 'total'].map((name) => {
    const us = timings?.[`${name}Us`] ?? -1;
    return [`${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_ms`, us < 0 ? 'null' : (us / 1000).toFixed(3)];
  });
  return object([['status', put(error ? error.statusName ?? 'INVALID_ARGUMENT' : 'OK')], ['error', shown || 'null'],
    ['completion', found && rawJSON(found) ? compact(rawJSON(found)) : 'null'],
    ['quirks', `[${(found?._quirks ?? []).map(put).join(', ')}]`],
    ['attempts', (error ? error.attempts ?? [] : completion._attempts).length], ['timings', object(times)]]);
}

const EXITS = { INVALID_ARGUMENT: 2, CONNECTION: 3, PROXY: 3, TLS: 3, TIMEOUT: 3, REDIRECTED: 3, TRUNCATED: 4, PROTOCOL: 4,
  TOO_LARGE: 4, CANCELLED: 130, BAD_REQUEST: 1, AUTHENTICATION: 1, INSUFFICIENT_CREDITS: 1, PERMISSION: 1, NOT_FOUND: 1,
  RATE_LIMITED: 1, SERVER: 1, UNAVAILABLE: 1, PROVIDER: 1 };

async function chat(words) {
  const given = {};
  let prompt;
  for (let at = 0; at < words.length; at++) {
    if (!words[at].startsWith('-')) prompt = words[at];
    else if (['--json', '--no-stream', '--async'].includes(words[at])) given[words[at]] = true;
    else given[words[at]] = words[++at];
  }
  const body = given['--request'] ? JSON.parse(fs.readFileSync(given['--request'], 'utf8')) : { model: 'dos-ai' };
  if (given['-m']) body.model = given['-m'];
  const isStreamed = !given['--no-stream'];
  if (isStreamed) body.stream_options ??= { include_usage: true };
  if (prompt !== undefined) body.messages = [...(body.messages ?? []), { role: 'user', content: prompt }];
  const options = given['--timeout'] ? { timeout: { total: Number(given['--timeout']) * 1000 } } : {};
  if (given['--max-retries']) options.maxRetries = Number(given['--max-retries']);
  try {
    const client = new OpenAI({ baseURL: given['--base-url'] });
    let answer = await client.chat.completions.create({ ...body, stream: isStreamed }, options);
    if (isStreamed) {
      for await (const chunk of answer) for (const line of linesOf(chunk)) process.stdout.write(`${line}\n`);
      answer = await answer.finalChatCompletion();
    }
    process.stdout.write(`${lastLine(null, answer)}\n`);
  } catch (error) {
    if (!(error instanceof OpenAI.OpenAIError)) throw error;
    process.stdout.write(`${lastLine(error)}\n`);
    process.exitCode = EXITS[error.statusName ?? 'INVALID_ARGUMENT'] ?? 5;
  }
}

await (process.argv[2] === '--serve' ? serve() : chat(process.argv.slice(3)));
