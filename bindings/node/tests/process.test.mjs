import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { answer, here, root, startServer } from './support.mjs';

const run = promisify(execFile);
const index = path.join(here, '../index.mjs');
let server;
before(async () => (server = await startServer()));
after(() => server.end());

const head = (base) => `const { default: OpenAI } = await import(${JSON.stringify(index)});
const client = new OpenAI({ baseURL: ${JSON.stringify(base)} });
const ask = (more) => client.chat.completions.create({ model: 'm', messages: [], ...more });\n`;
const program = (base, code, ...flags) => run(process.execPath, [...flags, '--input-type=module', '-e', head(base) + code], { timeout: 20000 });

test("the API page's program runs as it is printed, but for the import", async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'dosai-node-'));
  t.after(() => fs.rm(folder, { recursive: true }));
  await fs.mkdir(path.join(folder, 'node_modules'));
  await fs.symlink(path.join(here, '..'), path.join(folder, 'node_modules/dosai'));
  await fs.copyFile(path.join(here, 'programs/page.mjs'), path.join(folder, 'page.mjs'));
  const base = server.base('hello');
  const { stdout } = await run(process.execPath, ['--require', path.join(here, 'programs/at-loopback.cjs'), 'page.mjs'],
    { cwd: folder, env: { ...process.env, TEST_BASE_URL: base } });
  assert.equal(stdout.trim(), answer);
  assert.equal(JSON.parse((await server.stats(base)).last_body).max_tokens, 512);
});

const EXAMPLES = { chat: /Hello.*\n21 tokens/s, stream: /Hello! How.*\nstop/s, tools: /^Hello/, json_mode: /name: 'Paris'/, many: /^100 of 100/ };

for (const [name, output] of Object.entries(EXAMPLES)) {
  test(`the example ${name}.mjs runs`, async () => {
    const city = '{"name": "Paris", "country": "France", "is_capital": true}';
    await server.put('city-node', { json: { choices: [{ index: 0, message: { role: 'assistant', content: city } }] } });
    const env = { ...process.env, DOSAI_BASE_URL: server.base(name === 'json_mode' ? 'city-node' : 'hello'), DOSAI_API_KEY: 'sk-test' };
    assert.match((await run(process.execPath, [path.join(here, '../examples', `${name}.mjs`)], { env })).stdout, output);
  });
}

test('the process waits for its calls, and then ends', async () => {
  const { stdout } = await program(server.base('slow'), 'ask().then((one) => console.log(one.choices.length));');
  assert.equal(stdout, '1\n');
});

test('the process ends with calls in flight', async () => {
  await program(server.base('endless'), 'const stream = await ask({ stream: true }); await stream.next(); process.exit(0);');
  await program(server.base('silent'), 'ask().catch(() => {}); setTimeout(() => process.exit(0), 50);');
});

test('the process does not wait for a stream that nobody reads', async () => {
  await program(server.base('endless-blast'), 'const stream = await ask({ stream: true });');
});

test('a read that waits keeps its stream', async () => {
  const { stdout } = await program(server.base('gapped'), `const begin = async () => {
    const stream = await ask({ stream: true });
    await stream.next();
    return { reads: [stream.next(), stream.next()] };
  };
  const { reads } = await begin();
  const collecting = setInterval(gc, 10);
  for (const { value } of await Promise.all(reads)) console.log(value?.choices[0].delta.content);
  clearInterval(collecting);`, '--expose-gc');
  assert.equal(stdout, 'a\nb\n');
});

test('an exception in a callback of the program is an uncaught exception', async () => {
  await assert.rejects(program(server.base('hello'), "ask().then(() => process.nextTick(() => { throw new Error('mine'); }));"), /mine/);
});

test('workers have loops of their own, and may end in the middle of a call', async () => {
  const work = async (code) => {
    const worker = new Worker(`(async () => {${head(server.base('hello'))}${code}})()`, { eval: true });
    return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject).once('exit', () => resolve('exit')));
  };
  const post = "require('node:worker_threads').parentPort.postMessage((await ask()).choices[0].message.content);";
  assert.deepEqual(await Promise.all(Array.from({ length: 4 }, () => work(post))), Array(4).fill(answer));
  for (let turn = 0; turn < 10; turn++) {
    const worker = new Worker(`(async () => {${head(server.base('endless'))}
      for await (const chunk of await ask({ stream: true })) require('node:worker_threads').parentPort.postMessage(1); })()`, { eval: true });
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  }
  assert.equal(await work('ask().catch(() => {}); process.exit(0);'), 'exit');
});

test('the addon needs no symbol of libuv to load', async () => {
  const { stdout } = await run('nm', ['-D', '--undefined-only', path.join(root, 'build/node/dosai.node')]);
  assert.doesNotMatch(stdout, /uv_(?!event)(?<!napi_get_uv_)/);
});

test('memory stays flat: calls, streams, dropped streams, errors', { timeout: 60000 }, async () => {
  const { stdout } = await run(process.execPath, ['--expose-gc', path.join(here, 'leak.mjs'), server.base('hello'), '3000']);
  assert.match(stdout, /flat/);
});
