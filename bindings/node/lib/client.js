'use strict';
// The client: openai-node's names for the server, the key, and the calls.
const native = require('./native.js');
const errors = require('./errors.js');
const { APIPromise, Stream, StreamCall, WholeCall } = require('./calls.js');
const { ChunkMaker, EventMaker } = require('./chunks.js');
const { completionOf, isObject } = require('./completion.js');
const { ToolRunner } = require('./runner.js');
const { Turns } = require('./turns.js');

const DEFAULT_BASE_URL = 'https://api.dos.ai/v1';

const typed = (type, names) => names.map((name) => [name, type]);

// Options of the library under their names in JavaScript: see dosai_client_options in dosai.h.
const LIBRARY_OPTIONS = new Map([
  ...typed('string', ['apiKeyHeader', 'organization', 'project', 'userAgent', 'caFile', 'caPem', 'clientCertificateFile',
    'clientKeyFile', 'clientKeyPassword', 'proxy', 'unixSocket']),
  ...typed('number', ['connectTimeoutMs', 'firstTokenTimeoutMs', 'idleTimeoutMs', 'totalTimeoutMs', 'keepAliveTimeoutMs',
    'maxEventBytes', 'maxResponseBytes', 'maxTextBytes', 'maxHeaderBytes', 'maxJsonNodes', 'maxJsonDepth', 'maxChoices',
    'maxToolCalls', 'maxRedirects', 'requestsPerMinute', 'tokensPerMinute']),
  ...typed('boolean', ['allowInsecureHttp', 'proxyFromEnvironment', 'http1Only']),
]);
const OPTIONS = new Map([...LIBRARY_OPTIONS, ...typed('string', ['apiKey', 'baseURL']), ...typed('number', ['maxRetries', 'maxInFlight']),
  ...typed('any', ['timeout', 'defaultHeaders', 'defaultQuery', 'dangerouslyAllowBrowser'])]);
const CALL_OPTIONS = new Set(['signal', 'timeout', 'maxRetries', 'headers', 'lastEvent']);
const CLOCKS = new Set(['connect', 'firstToken', 'idle', 'total']);
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

// Gives the value back; null or undefined is none. The message does not tell the value: it may be the key.
function checked(name, value, type) {
  if (value === null || value === undefined || type === 'any') return value;
  const isRight = type === 'number' ? Number.isSafeInteger(value) : typeof value === type;
  if (!isRight) throw new errors.InvalidArgumentError(`${name} must be a ${type === 'number' ? 'whole number' : type}`);
  if (type === 'string' && value.includes('\0')) throw new errors.InvalidArgumentError(`${name} contains U+0000`);
  return value;
}

// Each key goes only to its own server: OPENAI_API_KEY to OPENAI_BASE_URL, and DOSAI_API_KEY to any other.
function fromEnvironment({ apiKey, baseURL }) {
  const { DOSAI_API_KEY: key, DOSAI_BASE_URL: ours, OPENAI_BASE_URL: theirs, OPENAI_API_KEY } = process.env;
  baseURL ??= ours || theirs || undefined;
  const isGiven = (server) => server && baseURL.replace(/\/+$/, '') === server.replace(/\/+$/, '');
  if (!isGiven(theirs) || isGiven(ours)) return { apiKey: apiKey ?? (key || undefined), baseURL };
  apiKey ??= OPENAI_API_KEY || undefined;
  if (apiKey === undefined && key) {
    throw new errors.InvalidArgumentError(
      'OPENAI_BASE_URL is set, but not OPENAI_API_KEY: set DOSAI_BASE_URL to where DOSAI_API_KEY shall go');
  }
  return { apiKey, baseURL };
}

function withQuery(url, query) {
  const given = new URLSearchParams(query ?? {});
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined) given.delete(name);
  }
  return given.size > 0 ? `${url}${url.includes('?') ? '&' : '?'}${given}` : url;
}

// A later header replaces an earlier one of its name, or removes it if it is null.
function merged(...all) {
  const found = new Map();
  for (const headers of all) {
    const isHeaders = headers instanceof Headers;
    if (!isHeaders && (!isObject(headers ?? {}) || headers?.[Symbol.iterator])) {
      throw new errors.InvalidArgumentError('headers must be an object or Headers');
    }
    for (const [name, value] of isHeaders ? headers : Object.entries(headers ?? {})) {
      if (value === null || value === undefined) found.delete(name.toLowerCase());
      else found.set(name.toLowerCase(), [name, value]);
    }
  }
  return [...found.values()].map(([name, value]) => checked('a header', `${name}: ${value}`, 'string'));
}

function milliseconds(value) {
  if (value === null || value === Infinity) return -1;
  if (typeof value !== 'number' || !(value > 0)) {
    throw new errors.InvalidArgumentError('a timeout is a number of milliseconds above 0, or null for no limit');
  }
  return Math.max(1, Math.floor(value));
}

// A number limits how long the server may be silent, and a call that is not streamed. Or each clock is given.
function setClocks(made, timeout, isWhole) {
  if (timeout === undefined) return;
  const clocks = typeof timeout === 'object' && timeout !== null ? { ...timeout } : {
    connect: timeout === null || timeout < 10_000 ? timeout : undefined, firstToken: timeout, idle: timeout,
    total: isWhole ? timeout : undefined,
  };
  for (const [name, value] of Object.entries(clocks)) {
    if (!CLOCKS.has(name)) throw new errors.InvalidArgumentError(`there is no clock ${name}`);
    if (value !== undefined) made[`${snake(name)}_timeout_ms`] = milliseconds(value);
  }
}

const hasLoneSurrogate = /\\ud[89a-f][0-9a-f]{2}/;

function textOf(body) {
  const json = JSON.stringify(body);
  if (json === undefined || !hasLoneSurrogate.test(json)) return json;
  return JSON.stringify(body, (name, value) => (typeof value === 'string' ? value.toWellFormed() : value));
}

// What is sent. A chat's `stream` is for the library to set; a stream of another endpoint is asked for here.
function bodyOf(kind, body) {
  if (kind === native.POST) return body;
  if (!isObject(body)) throw new errors.InvalidArgumentError('the body must be an object');
  if (kind === native.STREAM_POST) return { ...body, stream: true };
  const { stream, ...request } = body;
  return request;
}

const cancelled = () => errors.errorOf({ status: 'CANCELLED', message: 'the call was cancelled before it began' });

// The key that the function gives, unless the signal comes first.
async function keyFrom(apiKey, signal) {
  if (signal?.aborted) throw cancelled();
  let stop;
  const stopped = new Promise((_, reject) => (stop = () => reject(cancelled())));
  signal?.addEventListener('abort', stop);
  try {
    const key = await Promise.race([stopped, Promise.resolve().then(apiKey)]);
    if (key === null || key === undefined) throw new errors.InvalidArgumentError('apiKey() gave no key');
    return checked('the key of apiKey()', key, 'string');
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

class OpenAI {
  #options;
  #native = null;
  #key;
  #turns = null;

  constructor(options = {}) {
    for (const [name, value] of Object.entries(options)) {
      if (!OPTIONS.has(name)) throw new errors.InvalidArgumentError(`there is no option ${name}`);
      if (name !== 'apiKey' || typeof value !== 'function') checked(name, value, OPTIONS.get(name));
    }
    if (options.maxInFlight < 0) throw new errors.InvalidArgumentError('maxInFlight is at least 1; 0: no limit');
    setClocks({}, options.timeout, true);
    merged(options.defaultHeaders);
    const { apiKey, baseURL } = fromEnvironment({ apiKey: options.apiKey ?? undefined, baseURL: options.baseURL ?? undefined });
    this.#options = { ...options, apiKey, baseURL: baseURL ?? DEFAULT_BASE_URL };
    if (typeof apiKey !== 'function') this.#client(apiKey);
    if (options.maxInFlight) this.#turns = new Turns(options.maxInFlight);
    this.chat = { completions: new Completions(this) };
    this.models = new Models(this);
  }

  get baseURL() {
    return this.#options.baseURL;
  }

  get timeout() {
    return this.#options.timeout;
  }

  get maxRetries() {
    return this.#options.maxRetries ?? 2;
  }

  // A server or a key of null is the existing one: the environment's would be of another pair.
  withOptions(changes) {
    const made = { ...this.#options };
    for (const [name, value] of Object.entries(changes ?? {})) {
      const isNone = value === undefined || (value === null && (name === 'apiKey' || name === 'baseURL'));
      if (!isNone) made[name] = value;
    }
    const other = new OpenAI(made);
    if (made.maxInFlight === this.#options.maxInFlight) other.#turns = this.#turns;
    return other;
  }

  get(path, options) {
    return this.#whole(native.GET, path, undefined, options, jsonOf);
  }

  // With stream: true the server-sent events of any endpoint.
  post(path, { body = {}, stream, ...options } = {}) {
    if (stream) return this.#stream(native.STREAM_POST, path, body, options, new EventMaker());
    return this.#whole(native.POST, path, body, options, jsonOf);
  }

  _chat(body, options) {
    if (body?.stream) return this.#stream(native.STREAM, null, body, options, new ChunkMaker());
    return this.#whole(native.CHAT, null, body, options, completionOf);
  }

  #whole(kind, path, body, options, read) {
    const call = new WholeCall(read);
    this.#begin(call, kind, path, body, options);
    return APIPromise.of(call, call.promise);
  }

  #stream(kind, path, body, options, maker) {
    const call = new StreamCall(maker);
    this.#begin(call, kind, path, body, options);
    return APIPromise.of(call, call.opened.then(() => new Stream(call)));
  }

  // Whatever is wrong, the call ends with it. The body is read now: it may change before there is a key.
  async #begin(call, kind, path, body, options = {}) {
    try {
      const unknown = Object.keys(options).find((name) => !CALL_OPTIONS.has(name) && options[name] !== undefined);
      if (unknown !== undefined) throw new errors.InvalidArgumentError(`there is no option ${unknown}`);
      const json = kind === native.GET ? null : textOf(bodyOf(kind, body));
      const { apiKey } = this.#options;
      if (this.#turns !== null) {
        if (options.signal?.aborted) throw cancelled();
        await this.#turns.wait(options.signal, cancelled);
        call.turns = this.#turns;
      }
      const key = typeof apiKey === 'function' ? await keyFrom(apiKey, options.signal) : apiKey;
      this.#submit(call, key, kind, path, json, options);
    } catch (error) {
      call.leave();
      call.fail(error);
    }
  }

  #submit(call, key, kind, path, json, options) {
    const { signal } = options;
    const isWhole = kind !== native.STREAM && kind !== native.STREAM_POST;
    const settings = { headers: merged(this.#options.defaultHeaders, options.headers) };
    settings.last_event = checked('lastEvent', options.lastEvent, 'string');
    setClocks(settings, options.timeout === undefined ? this.#options.timeout : options.timeout, isWhole);
    const retries = checked('maxRetries', options.maxRetries, 'number') ?? this.#options.maxRetries;
    if (typeof retries === 'number') settings.max_retries = retries || -1;
    checked('a path', path, 'string');
    const client = this.#client(key);
    if (signal?.aborted) throw cancelled();
    if (signal) call.follow(signal);
    const refused = call.start(kind, client, path, json, settings);
    if (!refused) return;
    call.unfollow();
    call.leave();
    call.end(refused);
  }

  // The library's client for this key.
  #client(key) {
    if (this.#native !== null && this.#key === key) return this.#native;
    const { baseURL, defaultQuery, apiKey, timeout, maxRetries, defaultHeaders, ...options } = this.#options;
    const made = { proxy_from_environment: 1, api_key: key, base_url: withQuery(baseURL, defaultQuery) };
    for (const name of LIBRARY_OPTIONS.keys()) {
      const value = options[name];
      if (value !== undefined && value !== null) made[snake(name)] = typeof value === 'boolean' ? Number(value) : value;
    }
    const client = native.createClient(made);
    if (client.status !== undefined) throw errors.errorOf(client);
    this.#native = client;
    this.#key = key;
    return client;
  }
}

function jsonOf(facts) {
  return facts.json ? JSON.parse(facts.json) : null;
}

class Completions {
  #client;

  constructor(client) {
    this.#client = client;
  }

  // Sends the conversation and gives the answer; with stream: true, its chunks as they arrive. Any parameter is sent
  // as it is. options: signal, timeout, maxRetries, headers.
  create(body, options) {
    return this.#client._chat(body, options);
  }

  // Runs the functions that the model calls, until it answers.
  runTools(body, options) {
    return new ToolRunner(this.#client, body, options);
  }
}

class Models {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list(options) {
    return this.#client.get('/models', options);
  }

  retrieve(model, options) {
    return this.#client.get(`/models/${encodeURIComponent(model)}`, options);
  }
}

module.exports = { OpenAI };
