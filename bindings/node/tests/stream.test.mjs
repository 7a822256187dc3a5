import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { rawJSON } from '../index.mjs';
import { answer, eventually, hello, lateness, startServer, textOf } from './support.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.end());
const open = (client, options) => client.chat.completions.create({ ...hello, stream: true }, options);

test('chunks are plain objects, and end in the whole completion', async () => {
  const stream = await open(server.client('hello'));
  const chunks = await Array.fromAsync?.(stream) ?? await collect(stream);
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), answer);
  assert(chunks.every((chunk) => chunk.object === 'chat.completion.chunk' && chunk.id));
  for (const chunk of chunks) assert.deepEqual(JSON.parse(rawJSON(chunk)), chunk);
  assert.equal(await stream.finalContent(), answer);
  assert.equal((await stream.finalChatCompletion()).usage.total_tokens, 21);
  assert.equal((await stream.next()).done, true);
});

async function collect(stream) {
  const all = [];
  for await (const one of stream) all.push(one);
  return all;
}

// Texts that need escapes, or are where the addon looks for them; in the next events, only they differ.
const TEXTS = ['a', 'b"c', '"', '\\', ',', ':', 'content', 'm', '\n\t', 'ü', '😀', '</s>', '\u0001', '', ' ', 'a', '"},{"', 'x'.repeat(3000), 'z',
  ...[300, 5000].flatMap((size) => ['long ', '\\n', 'a "b"\n', 'ü', 'more '].map((text) => text.repeat(size / text.length)))];
const FORMS = {
  usual: (content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  'twice the same': (content) => ({ x: content, choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  'behind another': (content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }], x: 'a' }),
  'with an object': (content) => ({ choices: [{ index: 0, delta: { content }, logprobs: { content: [] } }] }),
  'a number behind': (content, at) => ({ choices: [{ index: 0, delta: { content } }], at: 100 + at }),
  'a number before': (content, at) => ({ at: 100 + at, choices: [{ index: 0, delta: { content } }] }),
  'sometimes more': (content, at) => ({ choices: [{ index: 0, delta: { content }, ...(at % 3 ? {} : { z: { w: 'v' } }) }] }),
  reasoning: (content) => ({ choices: [{ index: 1, delta: { reasoning: content } }] }),
  refusal: (content) => ({ choices: [{ index: 0, delta: { refusal: content } }] }),
  arguments: (content) => ({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: content } }] } }] }),
};

for (const [form, make] of Object.entries(FORMS)) {
  for (const escaped of [false, true]) {
    test(`each chunk is its event: ${form}${escaped ? ', escaped' : ''}`, async () => {
      const events = [...TEXTS, ...TEXTS].map((text, at) => ({ id: 'c', ...make(text, at) }));
      const finish = { id: 'c', choices: [{ index: form === 'reasoning' ? 1 : 0, delta: {}, finish_reason: 'stop' }] };
      const lines = [...events, finish].map((event) => {
        const json = JSON.stringify(event);
        return escaped ? json.replace(/[^ -~]/gu, (one) => [...one.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')) : json;
      });
      await server.put(`forms-${form.replaceAll(' ', '-')}-${escaped}`, { stream: `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n` });
      const chunks = await collect(await open(server.client(`forms-${form.replaceAll(' ', '-')}-${escaped}`)));
      assert.deepEqual(chunks, [...events, finish]);
      assert.deepEqual(chunks.map(rawJSON), lines);
      chunks[2].choices[0].delta.x = 'changed';
      assert.equal(chunks[3].choices[0].delta.x, undefined);
    });
  }
}

test('break ends the call', async () => {
  const base = server.base('endless');
  for await (const chunk of await open(new OpenAI({ baseURL: base }))) if (chunk) break;
  await eventually(async () => (await server.stats(base)).ended === 1);
});

test('what break has left is not read as an answer', async () => {
  const stream = await open(server.client('hello'));
  const [earlier] = stream.tee();
  const readable = stream.toReadableStream();
  for await (const chunk of stream) if (chunk) break;
  for (const other of [earlier, readable, stream.tee()[0]]) {
    await assert.rejects(async () => { for await (const _ of other); }, OpenAI.APIUserAbortError);
  }
  await assert.rejects(async () => { for await (const chunk of stream) assert.fail(chunk); }, OpenAI.APIUserAbortError);
  assert.throws(() => stream.toReadableStream(), OpenAI.APIUserAbortError);
  await assert.rejects(stream.finalContent(), OpenAI.APIUserAbortError);
});

test('an exception in the loop ends the call', async () => {
  const base = server.base('endless');
  await assert.rejects(async () => {
    for await (const chunk of await open(new OpenAI({ baseURL: base }))) throw new Error(chunk.id);
  });
  await eventually(async () => (await server.stats(base)).ended === 1);
});

for (const way of ['signal', 'controller']) {
  test(`abort by the ${way} ends a waiting reader within 50 ms, with what had arrived`, async (t) => {
    const late = await lateness(t);
    const controller = new AbortController();
    const stream = await open(server.client('silent-chunk'), { signal: controller.signal });
    await stream.next();
    const waiting = stream.next();
    await sleep(20);
    const [started, before] = [performance.now(), late()];
    (way === 'signal' ? controller : stream.controller).abort();
    await assert.rejects(waiting, (error) => {
      assert(error instanceof OpenAI.APIUserAbortError);
      assert.equal(error.completion.choices[0].message.content, 'Hello');
      return true;
    });
    const took = performance.now() - started;
    await sleep(10); // then it is known how late the machine was
    assert(took < 50 + late() - before, `${took} ms`);
  });
}

test('after abort no chunk comes that has arrived already', async () => {
  const stream = await open(server.client('endless-events'));
  await sleep(50);
  stream.controller.abort();
  await assert.rejects(stream.next(), OpenAI.APIUserAbortError);
});

test('a signal that is aborted before, or before the first chunk', async () => {
  await assert.rejects(open(server.client('hello'), { signal: AbortSignal.abort() }), OpenAI.APIUserAbortError);
  await assert.rejects(open(server.client('silent'), { signal: AbortSignal.timeout(20) }), OpenAI.APIUserAbortError);
  await assert.rejects(server.client('silent').chat.completions.create(hello, { signal: AbortSignal.timeout(20) }), OpenAI.APIUserAbortError);
});

test('a stream that is cut throws, with what had arrived', async () => {
  const stream = await open(server.client('mid-fin-chunked'));
  await assert.rejects(textOf(stream), (error) => {
    assert(error instanceof OpenAI.APIConnectionError);
    assert.equal(error.statusName, 'TRUNCATED');
    assert.equal(error.completion.choices[0].message.content, 'Hello');
    return true;
  });
  await assert.rejects(stream.finalContent(), { statusName: 'TRUNCATED' });
  await assert.rejects(async () => textOf(await open(server.client('mid-error'))), { statusName: 'PROVIDER', code: '500' });
  await assert.rejects(async () => textOf(await open(server.client('stall-mid'), { timeout: { idle: 50 } })), { clock: 'idle' });
});

for (const [size, most] of [[8000, 5000], [400_000, 100]]) {
  test(`a slow reader of ${size} bytes in each chunk holds the connection back`, async (t) => {
    const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(size) } }] })}\n\n`;
    let sent = 0;
    const flood = http.createServer(async (request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      const closed = once(response, 'close');
      while (!response.destroyed) {
        sent++;
        if (!response.write(event)) await Promise.race([once(response, 'drain'), closed]);
      }
    });
    await new Promise((resolve) => flood.listen(0, '127.0.0.1', resolve));
    t.after(() => flood.close());
    const stream = await open(new OpenAI({ baseURL: `http://127.0.0.1:${flood.address().port}/v1` }));
    let before;
    await eventually(async () => {
      before = sent;
      await sleep(300);
      return before === sent;
    });
    assert(sent < most, `${sent} events`);
    for (let count = 0; count < most; count++) assert.equal((await stream.next()).done, false);
    await stream.return();
  });
}

test('toReadableStream gives lines of JSON', async () => {
  const stream = await open(server.client('hello'));
  const text = await new Response(stream.toReadableStream()).text();
  const chunks = text.trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), answer);
  const base = server.base('endless');
  await (await open(new OpenAI({ baseURL: base }))).toReadableStream().cancel();
  await eventually(async () => (await server.stats(base)).ended === 1);
});

test('tee gives each its own', async () => {
  const [one, other] = (await open(server.client('hello'))).tee();
  assert.equal(await textOf(one), answer);
  assert.equal(await textOf(other), answer);
});

test('withResponse of a stream, and the completion so far', async () => {
  const { data, response } = await open(server.client('silent-chunk')).withResponse();
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  await data.next();
  assert.equal(data.currentChatCompletionSnapshot.choices[0].message.content, 'Hello');
  await data.return();
  const call = open(server.client('hello'));
  assert.equal(await textOf(await call), answer);
  const late = await call.asResponse();
  assert.throws(() => late.headers.get('content-type'), /withResponse\(\) before/);
});

test('a thousand at once, on no thread of their own', async () => {
  const client = server.client('hello');
  const texts = await Promise.all(Array.from({ length: 1000 }, async (_, at) => (
    at % 2 ? textOf(await open(client)) : (await client.chat.completions.create(hello)).choices[0].message.content)));
  assert(texts.every((text) => text === answer));
});
