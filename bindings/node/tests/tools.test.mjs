import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { test } from 'node:test';
import OpenAI from '../index.mjs';

const events = (deltas, finish) => `${deltas.map((delta) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`).join('')}data: ${
  JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: finish }] })}\n\ndata: [DONE]\n\n`;

// A model that makes these calls in each round until it has results, or always.
async function model(calls, always, run) {
  const asked = [];
  const server = http.createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    const body = JSON.parse(text);
    asked.push(body);
    const isDone = !always && body.messages.at(-1).role === 'tool';
    const message = isDone ? { role: 'assistant', content: 'It rains.' } : {
      role: 'assistant', content: null,
      tool_calls: calls.map(([name, given], index) => ({ index, id: `call_${index}`, type: 'function', function: { name, arguments: given } })),
    };
    const finish = isDone ? 'stop' : 'tool_calls';
    response.setHeader('content-type', body.stream ? 'text/event-stream' : 'application/json');
    response.end(body.stream ? events([message], finish) : JSON.stringify({ choices: [{ index: 0, message, finish_reason: finish }] }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await run(new OpenAI({ baseURL: `http://127.0.0.1:${server.address().port}/v1` }).chat.completions, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object' }, function: ({ city }) => ({ city, degrees: 18 }) } };
const body = { model: 'm', messages: [{ role: 'user', content: 'Rain?' }], tools: [weather] };

for (const stream of [false, true]) {
  test(`the functions run until the model answers${stream ? ', streamed' : ''}`, () => model(
    [['weather', '{"city":"Oslo"}'], ['weather', '{"city":"Rome"}']], false, async (completions, asked) => {
      const runner = completions.runTools({ ...body, stream });
      let steps = 0;
      for await (const step of runner) steps += step.choices.length;
      assert.equal(steps, stream ? 4 : 2);
      assert.equal(await runner.finalContent(), 'It rains.');
      assert.deepEqual(asked[0].tools, [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }]);
      assert.deepEqual(asked[1].messages.map((one) => one.role), ['user', 'assistant', 'tool', 'tool']);
      assert.deepEqual(JSON.parse(asked[1].messages[3].content), { city: 'Rome', degrees: 18 });
      assert.equal(runner.messages.at(-1).content, 'It rains.');
      assert.deepEqual(body.messages.length, 1);
    }));
}

test('errors are told to the model', () => model(
  [['weather', '{"city"'], ['nothing', '{}'], ['broken', '{}'], [{ toString: 1 }, '{}'], ['weather', ' ']], false, async (completions, asked) => {
    const broken = { type: 'function', function: { name: 'broken', function: () => { throw new TypeError('no'); } } };
    await completions.runTools({ ...body, tools: [weather, broken] }).finalContent();
    const [parse, unknown, thrown, nameless, blank] = asked[1].messages.slice(2).map((one) => one.content);
    assert.match(parse, /^error: the arguments are not valid/);
    assert.equal(unknown, 'error: there is no function nothing');
    assert.equal(thrown, 'error: TypeError: no');
    assert.equal(nameless, 'error: there is no function without a name');
    assert.equal(blank, '{"degrees":18}');
    await assert.rejects(completions.runTools({ ...body, tools: [broken] }, { throwToolErrors: true }).finalContent(), TypeError);
  }));

test('parse may be asynchronous', () => model([['first', '{}'], ['second', '{}']], false, async (completions, asked) => {
  const tool = (name, parse) => ({ type: 'function', function: { name, parse, function: (given) => `got ${given}` } });
  const tools = [tool('first', async (text) => text), tool('second', () => Promise.reject(new Error('no')))];
  await completions.runTools({ ...body, tools }).finalContent();
  assert.deepEqual(asked[1].messages.slice(2).map((one) => one.content), ['got {}', 'error: the arguments are not valid: Error: no']);
}));

test('after abort, no function runs', () => model([['never', '{}']], false, async (completions) => {
  for (const when of ['a step', 'parse']) {
    let ran = 0;
    const parse = async (text) => {
      if (when === 'parse') runner.abort();
      return JSON.parse(text);
    };
    const never = { type: 'function', function: { name: 'never', parse, function: () => { ran += 1; } } };
    const runner = completions.runTools({ ...body, tools: [never] });
    await assert.rejects(async () => {
      for await (const _ of runner) if (when === 'a step') runner.abort();
    }, OpenAI.APIUserAbortError);
    assert.equal(ran, 0);
  }
}));

test('an error without a text is told to the model', () => model([['broken', '{}']], false, async (completions, asked) => {
  const getter = Object.defineProperty(new Error(), 'message', { get() { throw new RangeError('no text'); } });
  for (const thrown of [Object.create(null), getter, { toString: () => ({}) }]) {
    for (const key of ['function', 'parse']) {
      asked.length = 0;
      const broken = { type: 'function', function: { name: 'broken', function: () => '', [key]: () => { throw thrown; } } };
      await completions.runTools({ ...body, tools: [broken] }).finalContent();
      assert.match(asked[1].messages.at(-1).content, /^error: (the arguments are not valid: )?the function failed$/);
    }
  }
}));

test('the rounds are limited, and a forced call is forced once', () => model([['weather', '{}']], true, async (completions, asked) => {
  const runner = completions.runTools({ ...body, tool_choice: 'required' }, { maxRounds: 3 });
  await assert.rejects(runner.finalContent(), (error) => error instanceof OpenAI.MaxRoundsError && error.completion.choices.length === 1);
  assert.deepEqual(asked.map((one) => one.tool_choice), ['required', 'auto', 'auto']);
  for (const maxRounds of ['3', NaN, 0, {}]) assert.throws(() => completions.runTools(body, { maxRounds }), RangeError);
  asked.length = 0;
  await assert.rejects(completions.runTools(body, { maxRounds: 1.5 }).finalContent(), OpenAI.MaxRoundsError);
  assert.equal(asked.length, 2);
  const lines = readFileSync(new URL('../../../Tests/Bindings/tool_choices.txt', import.meta.url), 'utf8').trimEnd().split('\n');
  for (const [first, second] of [...lines.map((line) => line.split('\t').map(JSON.parse)), [null, null], [undefined, undefined]]) {
    asked.length = 0;
    const given = structuredClone(first);
    await assert.rejects(completions.runTools({ ...body, tool_choice: given }, { maxRounds: 2 }).finalContent(), OpenAI.MaxRoundsError);
    assert.deepEqual(asked.map((one) => one.tool_choice), [first, second]);
    assert.deepEqual(given, first);
  }
}));

test('an answer without a message is an error, which keeps it', async (t) => {
  let choice;
  const server = http.createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices: [choice] })));
  t.after(() => server.close().closeAllConnections());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { completions } = new OpenAI({ baseURL: `http://127.0.0.1:${server.address().port}/v1` }).chat;
  for (choice of [{ index: 0, finish_reason: 'content_filter' }, { index: 0, message: null }, { index: 0, message: 'Hi' }]) {
    await assert.rejects(completions.runTools(body).finalContent(),
      (error) => error instanceof OpenAI.UnusableAnswerError && error.completion.choices.length === 1);
  }
});

test('abort stops it', () => model([['weather', '{}']], true, async (completions) => {
  const controller = new AbortController();
  const stopper = { type: 'function', function: { name: 'weather', function: () => controller.abort() } };
  const runner = completions.runTools({ ...body, tools: [stopper] }, { signal: controller.signal });
  await assert.rejects(runner.finalContent(), OpenAI.APIUserAbortError);
}));

test('a signal that lives on keeps no loop that is over', () => model([['weather', '{}']], false, async (completions) => {
  const { signal } = new AbortController();
  await completions.runTools(body, { signal }).finalContent();
  for await (const _ of completions.runTools(body, { signal })) break;
  await assert.rejects(completions.runTools(body, { signal, maxRounds: 1 }).finalContent(), OpenAI.MaxRoundsError);
  completions.runTools(body, { signal });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
}));
