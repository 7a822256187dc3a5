import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import OpenAI, * as named from '../index.mjs';
import { answer, hello, root, startServer } from './support.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.end());

test('a whole answer is a plain object, with the header and the raw JSON beside it', async () => {
  const completion = await server.client('hello').chat.completions.create(hello);
  assert.equal(completion.choices[0].message.content, answer);
  assert.deepEqual(completion.usage, { prompt_tokens: 12, completion_tokens: 9, total_tokens: 21 });
  assert.equal(completion._request_id, 'req-1');
  assert.deepEqual(JSON.parse(OpenAI.rawJSON(completion)), completion);
  assert.deepEqual(Object.keys({ ...completion }), ['id', 'object', 'created', 'model', 'choices', 'usage']);
});

test('the default server is the library\'s, which its header names', () => {
  const header = fs.readFileSync(path.join(root, 'include/dosai.h'), 'utf8');
  const [, named] = header.match(/\*base_url; +\/\* NULL: "(.*?)"/);
  const { DOSAI_BASE_URL, OPENAI_BASE_URL } = process.env;
  delete process.env.DOSAI_BASE_URL;
  delete process.env.OPENAI_BASE_URL;
  assert.equal(new OpenAI({ apiKey: 'k' }).baseURL, named);
  Object.assign(process.env, JSON.parse(JSON.stringify({ DOSAI_BASE_URL, OPENAI_BASE_URL })));
});

test('a key of the environment goes to its own server only', async () => {
  const before = { ...process.env };
  const base = server.base('hello');
  const theirs = { OPENAI_API_KEY: 'their-key', OPENAI_BASE_URL: base };
  const sent = async (variables, options) => {
    for (const each of ['DOSAI_API_KEY', 'DOSAI_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_BASE_URL']) delete process.env[each];
    Object.assign(process.env, variables);
    await new OpenAI(options).chat.completions.create(hello);
    return new Map((await server.stats(base)).last_headers).get('Authorization');
  };
  try {
    const both = { ...theirs, DOSAI_API_KEY: 'our-key' };
    assert.equal(await sent(theirs), 'Bearer their-key');
    assert.equal(await sent(both), 'Bearer their-key');
    assert.equal(await sent(both, { baseURL: base + '/' }), 'Bearer their-key');
    assert.equal(await sent(both, { baseURL: base, apiKey: 'given' }), 'Bearer given');
    assert.equal(await sent({ ...both, DOSAI_BASE_URL: base }), 'Bearer our-key');
    assert.equal(await sent({ ...both, OPENAI_BASE_URL: 'https://their.test' }, { baseURL: base }), 'Bearer our-key');
    await assert.rejects(sent({ DOSAI_API_KEY: 'our-key', OPENAI_BASE_URL: base }, { baseURL: base }), /DOSAI_BASE_URL/);
  } finally {
    for (const each of Object.keys(process.env)) delete process.env[each];
    Object.assign(process.env, before);
  }
});

test('unknown fields of the request and of the answer go through', async () => {
  const client = server.client('echo');
  const completion = await client.chat.completions.create({ ...hello, top_k: 5, zażółć: '😀\ud800' });
  const body = JSON.parse(completion.choices[0].message.content);
  assert.equal(body.top_k, 5);
  assert.equal(body['zażółć'], '😀\ufffd');
  const extra = { json: { choices: [], x: { deep: [1, null] } } };
  await server.put('extra-node', extra);
  assert.deepEqual(await server.client('extra-node').chat.completions.create(hello), extra.json);
});

test('withResponse gives status and headers', async () => {
  const { data, response, request_id: id } = await server.client('hello').chat.completions.create(hello).withResponse();
  assert.equal(data.choices.length, 1);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('X-RateLimit-Remaining-Tokens'), '1000');
  assert.equal(response.headers.has('nothing'), false);
  assert.equal(id, 'req-1');
  const call = server.client('hello').chat.completions.create(hello);
  await call;
  const late = await call.withResponse();
  assert.deepEqual([late.response.status, late.request_id], [200, 'req-1']);
  assert.throws(() => late.response.headers.get('x-request-id'), /withResponse\(\) before/);
  assert.throws(() => late.response.headers.has('x-request-id'), OpenAI.OpenAIError);
  for (const stream of [false, true]) {
    const waiting = server.client('hello', { apiKey: async () => 'sk-test' }).chat.completions.create({ ...hello, stream }).withResponse();
    assert.match((await waiting).response.headers.get('content-type'), /json|event-stream/);
  }
});

const CLASSES = { 400: 'BadRequestError', 401: 'AuthenticationError', 403: 'PermissionDeniedError', 404: 'NotFoundError',
  409: 'ConflictError', 422: 'UnprocessableEntityError', 429: 'RateLimitError', 500: 'InternalServerError', 418: 'APIError' };

for (const [status, name] of Object.entries(CLASSES)) {
  for (const stream of [false, true]) {
    test(`HTTP ${status} is a ${name}${stream ? ' of the stream' : ''}`, async () => {
      await assert.rejects(server.client(`error-${status}`).chat.completions.create({ ...hello, stream }), (error) => {
        assert.equal(error.constructor, OpenAI[name]);
        assert.equal(error.name, name);
        assert(error instanceof OpenAI.APIError && error instanceof OpenAI.OpenAIError);
        assert.equal(error.status, Number(status));
        assert.equal(error.requestID, 'req-1');
        assert.equal(error.attempts.length, 1);
        return true;
      });
    });
  }
}

test('an error has what the server said', async () => {
  await assert.rejects(server.client('error-429').chat.completions.create(hello), (error) => {
    assert.equal(error.code, 'rate_limit_exceeded');
    assert.equal(error.type, 'rate_limit_error');
    assert.equal(error.param, null);
    assert.equal(error.error.message, 'Rate limit exceeded.');
    assert.equal(error.statusName, 'RATE_LIMITED');
    assert.equal(error.retryAfterMs, 3000);
    assert.equal(error.isRetryable, true);
    assert.equal(error.headers.get('retry-after'), '3');
    assert.equal(JSON.parse(error.body).error.code, 'rate_limit_exceeded');
    return true;
  });
});

test('a refused connection, a timeout and an invalid argument', async () => {
  const create = (client, options) => client.chat.completions.create(hello, options);
  await assert.rejects(create(new OpenAI({ baseURL: 'http://127.0.0.1:1/v1', maxRetries: 0 })), OpenAI.APIConnectionError);
  await assert.rejects(create(server.client('silent'), { timeout: 50 }),
    (error) => error instanceof OpenAI.APIConnectionTimeoutError && ['total', 'first_token'].includes(error.clock));
  await assert.rejects(create(server.client('silent'), { timeout: { total: 50 } }), { clock: 'total' });
  await assert.rejects(create(server.client('hello'), { maxRetries: 101 }), OpenAI.InvalidArgumentError);
  await assert.rejects(server.client('hello').chat.completions.create({ ...hello, n: 1n }), TypeError);
  await assert.rejects(create(server.client('hello'), { timeout: -1 }), OpenAI.InvalidArgumentError);
  await assert.rejects(create(server.client('hello'), { headers: { x: 'a\0b' } }), OpenAI.InvalidArgumentError);
  assert.throws(() => new OpenAI({ baseURL: 'no url' }), OpenAI.InvalidArgumentError);
  assert.throws(() => new OpenAI({ fetch }), /there is no option fetch/);
  const client = server.client('hello');
  for (const call of [(options) => client.chat.completions.create(hello, options), (options) => client.get('/models', options),
    (options) => client.chat.completions.runTools({ ...hello, tools: [] }, options).done()]) {
    await assert.rejects(call({ query: {} }), { name: 'InvalidArgumentError', message: 'there is no option query' });
    await call({ query: undefined });
  }
});

test('a call is retried, and the answer tells of it', async () => {
  const base = server.base('fail-then-hello');
  const completion = await new OpenAI({ baseURL: base, maxRetries: 1 }).chat.completions.create(hello);
  assert.equal((await server.stats(base)).requests, 2);
  assert.deepEqual(completion._attempts.map((one) => one.httpStatus), [503, 200]);
  const usual = new OpenAI({ baseURL: server.base('fail-then-hello'), maxRetries: null });
  assert.equal((await usual.chat.completions.create(hello))._attempts.length, 2);
});

test('headers, the query, the key and its function', async () => {
  const base = server.base('hello');
  const keys = ['one', 'two'];
  const client = new OpenAI({
    baseURL: base, apiKey: async () => keys.shift(), defaultHeaders: { 'x-one': '1', 'x-two': '2' }, defaultQuery: { v: 3, w: undefined, x: null },
  });
  await client.chat.completions.create(hello);
  await client.chat.completions.create(hello, { headers: { 'X-One': 'call', 'x-two': null } });
  const stats = await server.stats(base);
  const headers = Object.fromEntries(stats.last_headers.map(([name, value]) => [name.toLowerCase(), value]));
  assert.equal(headers.authorization, 'Bearer two');
  assert.equal(headers['x-one'], 'call');
  assert.equal(headers['x-two'], undefined);
  assert.match(stats.last_path, /\?v=3$/);
});

test('other endpoints', async () => {
  assert.equal((await server.client('models').models.list()).data[0].id, 'dos-ai');
  const { body, method } = await server.client('echo').post('/embeddings', { body: { input: 'a' } });
  assert.deepEqual([method, body], ['POST', '{"input":"a"}']);
  const types = [];
  const events = await server.client('messages').post('/messages', { body: { model: 'm' }, stream: true, lastEvent: 'message_stop' });
  for await (const event of events) types.push(event.type ?? event.json().type);
  assert.equal(types[0], 'message_start');
  assert.equal(types.at(-1), 'message_stop');
});

test('a POST sends its body as JSON, and {} without one', async () => {
  const client = server.client('echo');
  assert.equal((await client.post('/runs/1/cancel')).body, '{}');
  assert.equal((await client.post('/x', { body: undefined })).body, '{}');
  for (const body of ['{"a":1}', [1], 5, null]) assert.equal((await client.post('/x', { body })).body, JSON.stringify(body));
});

test('a stream, and a chat, is asked for by an object', async () => {
  const base = server.base('messages');
  const client = new OpenAI({ apiKey: 'k', baseURL: base, maxRetries: 0 });
  for await (const event of await client.post('/messages', { stream: true })) assert(event.data);
  assert.equal((await server.stats(base)).last_body, '{"stream":true}');
  for (const body of ['{"a":1}', [1], 5, null]) {
    await assert.rejects(client.post('/messages', { body, stream: true }), OpenAI.InvalidArgumentError);
    await assert.rejects(client.chat.completions.create(body), OpenAI.InvalidArgumentError);
  }
  assert.equal((await server.stats(base)).requests, 1);
});

test('the body is what it was when the call was made, although the key comes later', async () => {
  const messages = [{ role: 'user', content: 'hi' }];
  const client = server.client('echo', { apiKey: async () => 'sk-test' });
  const asked = client.chat.completions.create({ model: 'm', messages });
  messages.push({ role: 'user', content: 'later' });
  assert.equal(JSON.parse((await asked).choices[0].message.content).messages.length, 1);
});

test('no more than maxInFlight calls run at once, and each gets its turn', { timeout: 20000 }, async (t) => {
  let [running, most, count] = [0, 0, 0];
  const slow = http.createServer((request, response) => {
    most = Math.max(most, ++running);
    count++;
    if (request.headers['x-hang']) return void response.on('close', () => running--);
    setTimeout(() => {
      running--;
      const isFlood = request.headers['x-flood'];
      response.writeHead(request.headers['x-status'] ?? 200, { 'content-type': isFlood ? 'text/event-stream' : 'application/json' });
      response.end(isFlood ? 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'.repeat(2000) + 'data: [DONE]\n\n'
        : '{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}');
    }, 5);
  });
  t.after(() => slow.close().closeAllConnections());
  await new Promise((listening) => slow.listen(0, '127.0.0.1', listening));
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${slow.address().port}`, maxInFlight: 3, maxRetries: 0 });
  const other = client.withOptions({ apiKey: async () => 'key' });
  const ask = (at, headers) => (at % 2 ? client : other).chat.completions.create({ ...hello, stream: at % 3 === 0 }, { headers });
  const asked = await Promise.allSettled(Array.from({ length: 60 }, async (_, at) => {
    const answer = await ask(at, at % 10 === 0 ? { 'x-status': '400' } : {});
    if (at % 3 === 0) await answer.finalChatCompletion();
  }));
  assert.deepEqual([asked.filter(({ status }) => status === 'fulfilled').length, most, count], [54, 3, 60]);
  await assert.rejects(client.withOptions({ apiKey: () => null }).chat.completions.create(hello), OpenAI.InvalidArgumentError);
  await assert.rejects(client.get('/\0'), OpenAI.InvalidArgumentError);
  await assert.rejects(client.get('/x', { headers: { 'x y': '1' } }), OpenAI.InvalidArgumentError);
  const controllers = Array.from({ length: 3 }, () => new AbortController());
  const hanging = controllers.map(({ signal }) => assert.rejects(client.get('/x', { headers: { 'x-hang': '1' }, signal }), OpenAI.APIUserAbortError));
  await assert.rejects(client.get('/x', { signal: AbortSignal.timeout(20) }), OpenAI.APIUserAbortError);
  const last = client.get('/x').withResponse();
  while (running < 3) await new Promise((later) => setTimeout(later, 5));
  assert.equal(count, 63);
  controllers[1].abort();
  assert.equal((await last).response.headers.get('content-type'), 'application/json');
  controllers.forEach((one) => one.abort());
  await Promise.all(hanging);
  const one = client.withOptions({ maxInFlight: 1 });
  const unread = await one.chat.completions.create({ ...hello, stream: true }, { headers: { 'x-flood': '1' } });
  await one.get('/x');
  assert.equal((await unread.finalContent()).length, 2000);
  most = 0;
  await Promise.all(Array.from({ length: 5 }, () => one.get('/x')));
  assert.equal(most, 1);
  assert.throws(() => new OpenAI({ maxInFlight: -1 }), OpenAI.InvalidArgumentError);
});

test('ten times as many calls that wait for their turn take about ten times as long', async () => {
  const { Turns } = createRequire(import.meta.url)('../lib/turns.js');
  const timeOf = async (count) => {
    const turns = new Turns(1);
    const all = Array.from({ length: count }, () => turns.wait());
    const before = process.cpuUsage();
    for (let at = 0; at < count; at++) turns.leave();
    const { user, system } = process.cpuUsage(before);
    await Promise.all(all);
    return user + system;
  };
  const best = { 10000: Infinity, 100000: Infinity };
  for (let time = 0; time < 3; time++) {
    for (const count in best) best[count] = Math.min(best[count], await timeOf(Number(count)));
  }
  assert.ok(best[100000] < 50 * best[10000], JSON.stringify(best));
});

test('withOptions keeps what is undefined, and a server or a key that is null', async () => {
  const base = server.base('hello');
  const client = new OpenAI({ apiKey: 'sk-mine', baseURL: base, maxRetries: 5 });
  for (const nothing of [undefined, null]) {
    const other = client.withOptions({ apiKey: nothing, baseURL: nothing, maxRetries: undefined });
    assert.equal(other.baseURL, base);
    assert.equal(other.maxRetries, 5);
    await other.chat.completions.create(hello);
    assert.equal(await sentKey(base), 'Bearer sk-mine');
  }
  assert.equal(client.withOptions().baseURL, base);
  await client.withOptions({ apiKey: 'sk-other' }).chat.completions.create(hello);
  assert.equal(await sentKey(base), 'Bearer sk-other');
});

const sentKey = async (base) => (await server.stats(base)).last_headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1];

test('a signal ends a call that waits for its key', { timeout: 5000 }, async () => {
  let asked = 0;
  const base = server.base('hello');
  const client = new OpenAI({ baseURL: base, apiKey: () => new Promise(() => asked++) });
  for (const stream of [false, true]) {
    const create = (signal) => client.chat.completions.create({ ...hello, stream }, { signal });
    await assert.rejects(create(AbortSignal.timeout(20)), OpenAI.APIUserAbortError);
    await assert.rejects(create(AbortSignal.abort()), OpenAI.APIUserAbortError);
  }
  assert.equal(asked, 2);
  const controller = new AbortController();
  const late = client.withOptions({ apiKey: async () => { controller.abort(); throw new Error('mine'); } });
  await assert.rejects(late.chat.completions.create(hello, { signal: controller.signal }), OpenAI.APIUserAbortError);
  assert.equal((await server.stats(base)).requests, 0);
});

test('a value of a wrong type is refused, and nothing is sent', async () => {
  const base = server.base('hello');
  const WRONG = [
    { apiKey: 12345 }, { baseURL: new URL(base) }, { organization: 5 }, { proxy: true }, { maxRetries: '0' }, { maxRetries: 1.5 },
    { requestsPerMinute: '1' }, { totalTimeoutMs: '5' }, { connectTimeoutMs: NaN }, { idleTimeoutMs: Infinity }, { maxTextBytes: 2 ** 60 },
    { http1Only: 1 }, { allowInsecureHttp: 'false' }, { timeout: '5' }, { timeout: { conect: 5 } }, { timeout: { idle: '5' } },
    { timeout: [5] }, { defaultHeaders: 'x-a: 1' }, { defaultHeaders: ['x-a: 1'] }, { defaultHeaders: new Map([['x-a', '1']]) },
  ];
  for (const options of WRONG) {
    for (const apiKey of ['sk-test', () => 'sk-test']) {
      assert.throws(() => new OpenAI({ baseURL: base, apiKey, ...options }), (error) => {
        assert.doesNotMatch(error.message, /12345/);
        return error instanceof OpenAI.InvalidArgumentError;
      }, JSON.stringify(options));
    }
  }
  const client = new OpenAI({ baseURL: base, apiKey: 'sk-test' });
  for (const options of [{ maxRetries: '0' }, { maxRetries: NaN }, { timeout: { conect: 5 } }, { headers: ['x-a: 1'] }, { lastEvent: 5 }]) {
    await assert.rejects(client.post('/chat/completions', { body: hello, ...options }), OpenAI.InvalidArgumentError, JSON.stringify(options));
  }
  for (const key of [undefined, null, 5]) {
    await assert.rejects(client.withOptions({ apiKey: async () => key }).chat.completions.create(hello), OpenAI.InvalidArgumentError);
  }
  await assert.rejects(client.chat.completions.create(hello, { signal: new AbortController() }), TypeError);
  assert.equal((await server.stats(base)).requests, 0);
  await new OpenAI({ baseURL: base, apiKey: null, maxRetries: null, timeout: null, organization: undefined, http1Only: false, maxTextBytes: -1 }).chat.completions.create(hello);
});

test('a timeout of null is no limit, also for one call', async () => {
  const late = { json: { choices: [{ index: 0, message: { role: 'assistant', content: 'a' } }] }, delay_ms: 300 };
  await server.put('never-then-late-node', { replies: [[{ hold: true }], late] });
  const client = server.client('never-then-late-node', { timeout: 50 });
  await assert.rejects(client.chat.completions.create(hello), OpenAI.APIConnectionTimeoutError);
  assert.equal((await client.chat.completions.create(hello, { timeout: null })).choices.length, 1);
});

test('the key is in no error', async () => {
  await assert.rejects(server.client('error-key', { apiKey: 'sk-canary' }).chat.completions.create(hello), (error) => {
    assert.doesNotMatch(JSON.stringify(error) + error.message + error.body, /canary/);
    return true;
  });
});

test('modules that are loaded again, as by Jest, share the addon', async () => {
  const require = createRequire(import.meta.url);
  const first = server.client('slow').chat.completions.create(hello);
  const stream = await server.client('hello').chat.completions.create({ ...hello, stream: true });
  const kept = Object.entries(require.cache).filter(([name]) => name.endsWith('.js'));
  for (const [name] of kept) delete require.cache[name];
  const Again = require('../lib/index.js');
  for (const [name, module] of kept) require.cache[name] = module;
  assert.notEqual(Again, OpenAI);
  const second = new Again({ baseURL: server.base('hello'), apiKey: 'k' }).chat.completions.create(hello);
  assert.equal((await second).choices[0].message.content, answer);
  assert.equal((await first).choices.length, 1);
  assert.equal(await stream.finalContent(), answer);
});

test('CommonJS and ES modules give the same class', () => {
  const required = createRequire(import.meta.url)('../lib/index.js');
  assert.equal(required, OpenAI);
  assert.equal(named.OpenAI, OpenAI);
  for (const name of Object.keys(OpenAI)) if (name !== 'default') assert.equal(named[name], OpenAI[name], name);
  assert.match(OpenAI.version, /^\d+\.\d+\.\d+$/);
});
