import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { here, root, startServer } from './support.mjs';

const run = promisify(execFile);
const bin = path.join(root, 'build/node/venv/bin');
const RUNTIMES = { deno: ['run', '--allow-all', '--no-lock'], bun: ['run'] };

let server;
before(async () => (server = await startServer()));
after(() => server.end());

for (const [name, words] of Object.entries(RUNTIMES)) {
  test(`${name} chats, streams, cancels, makes 100 calls at once, and ends`, async () => {
    const program = path.join(here, 'programs/runtime.mjs');
    const { stdout } = await run(path.join(bin, name), [...words, program, server.base('SCRIPT')], { timeout: 60000 });
    assert.equal(stdout, `${name}: 100 of 100\n`);
  });

  test(`${name} ends with a call in flight`, async () => {
    const code = `import OpenAI from ${JSON.stringify(path.join(here, '../index.mjs'))};
      const client = new OpenAI({ baseURL: ${JSON.stringify(server.base('endless'))}, apiKey: 'k' });
      const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
      for await (const chunk of stream) process.exit(7);`;
    const flags = name === 'deno' ? ['eval', '--no-lock', code] : ['-e', code];
    await assert.rejects(run(path.join(bin, name), flags, { timeout: 60000 }), { code: 7 });
  });
}
