// In Deno or Bun: an answer, a stream, an error, cancels and 100 calls at once; and the process ends by itself.
// runtime.mjs BASE, which ends with /v1 and has SCRIPT where the name of a script belongs.
import assert from 'node:assert/strict';
import OpenAI from '../../index.mjs';

const [base] = process.argv.slice(2);
const at = (script) => new OpenAI({ baseURL: base.replace('SCRIPT', script), apiKey: 'k', maxRetries: 0 });
const ask = (script, more, options) => at(script).chat.completions.create({ model: 'm', messages: [], ...more }, options);
const answer = 'Hello! How can I help you today?';

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

assert.equal((await ask('hello')).choices[0].message.content, answer);
assert.equal(await textOf(await ask('hello', { stream: true })), answer);
await assert.rejects(ask('error-429'), OpenAI.RateLimitError);

// While nothing comes, and in the middle of a stream.
for (const stream of [false, true]) {
  const controller = new AbortController();
  const call = ask('silent', { stream }, { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  await assert.rejects(stream ? call.then(textOf) : call, OpenAI.APIUserAbortError);
}
for await (const chunk of await ask('endless', { stream: true })) if (chunk.choices[0]?.delta.content) break;

const client = at('hello');
const call = (more) => client.chat.completions.create({ model: 'm', messages: [], ...more });
const texts = await Promise.all(Array.from({ length: 100 }, async (_, index) =>
  index % 2 ? textOf(await call({ stream: true })) : (await call()).choices[0].message.content));
await ask('endless-blast', { stream: true }); // nobody reads it, so the process does not wait for it
const { deno, bun } = process.versions;
console.log(`${deno ? 'deno' : bun ? 'bun' : 'node'}: ${texts.filter((text) => text === answer).length} of 100`);
