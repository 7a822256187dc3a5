// leak.mjs BASE_URL [COUNT]: makes that many calls of each kind, and fails if memory or descriptors grow with them.
import fs from 'node:fs';
import OpenAI from '../index.mjs';

const [base, count = '100000'] = process.argv.slice(2);
const client = new OpenAI({ baseURL: base, maxRetries: 0 });
const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

const KINDS = [
  () => client.chat.completions.create(body),
  async () => (await client.chat.completions.create({ ...body, stream: true })).finalContent(),
  async () => { for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) if (chunk) break; },
  () => client.chat.completions.create(body, { signal: AbortSignal.abort() }).catch(() => {}),
  () => client.chat.completions.create(body, { timeout: { total: 1 } }).catch((error) => error.headers.get('x')),
  () => client.chat.completions.create(body).withResponse().then(({ response }) => response.headers.get('x-request-id')),
];

async function use(calls) {
  for (let done = 0; done < calls; done += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, at) => KINDS[(done + at) % KINDS.length]()));
  }
}

async function measure() {
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { heap: process.memoryUsage().heapUsed, malloc: mallocBytes(), files: fs.readdirSync('/proc/self/fd').length };
}

// Of the heap that malloc has in this thread; V8 keeps its own memory elsewhere, and not all that it has freed goes back.
function mallocBytes() {
  const [, kilobytes] = /\[heap\]\n(?:.*\n)*?Rss: +(\d+) kB/.exec(fs.readFileSync('/proc/self/smaps', 'utf8'));
  return kilobytes * 1024;
}

await use(Math.max(1500, count / 10));
const before = await measure();
await use(Number(count));
const after = await measure();
const grown = Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));
const isFlat = grown.heap < 4e6 && grown.malloc < 8e6 && grown.files < 30;
console.log(`${count} calls: ${isFlat ? 'flat' : 'GROWN'}: +${grown.heap} bytes in V8's heap, +${grown.malloc} in malloc's, +${grown.files} descriptors`);
process.exit(isFlat ? 0 : 1);
