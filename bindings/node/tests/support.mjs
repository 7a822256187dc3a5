// The loopback server of Tests/Support, and clients for it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import OpenAI from '../index.mjs';

export const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../../..');
export const hello = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
export const answer = 'Hello! How can I help you today?';

let tags = 0;

export async function startServer() {
  const server = spawn('python3', ['Tests/Support/server.py'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });

  const [line] = await new Promise((resolve) => readline.createInterface({ input: server.stdout }).once('line', (text) => resolve([text])));
  const { plain } = JSON.parse(line);
  return {
    end: () => server.stdin.end(),
    // A base URL of a script, with counters of its own.
    base: (name) => `${plain}/s/${name}~node${tags++}/v1`,
    client(name, options) {
      return new OpenAI({ apiKey: 'sk-test', baseURL: this.base(name), maxRetries: 0, ...options });
    },
    async put(name, script) {
      const done = await fetch(`${plain}/scripts/${name}`, { method: 'PUT', body: JSON.stringify(script) });
      if (!done.ok) throw new Error(`PUT ${name}: ${done.status}`);
    },
    async stats(base) {
      return (await fetch(`${plain}/stats/${base.split('/s/')[1].split('/')[0]}`)).json();
    },
  };
}

export async function textOf(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

export async function eventually(condition) {
  for (let turn = 0; turn < 200; turn++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come about');
}

// Gives a function that tells how late the machine has been, in milliseconds: what a thread that only sleeps sees.
export async function lateness(t) {
  const microseconds = new Int32Array(new SharedArrayBuffer(8));
  const sleeper = new Worker(`const { parentPort, workerData } = require('node:worker_threads');
    parentPort.postMessage('begun');
    for (;;) {
      const begun = performance.now();
      Atomics.wait(workerData, 1, 0, 2);
      Atomics.add(workerData, 0, Math.max(0, (performance.now() - begun - 3.5) * 1000));
    }`, { eval: true, workerData: microseconds });
  t.after(() => sleeper.terminate());
  await once(sleeper, 'message');
  return () => Atomics.load(microseconds, 0) / 1000;
}
