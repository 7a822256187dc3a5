// Many paced streams at once in one process of Node.js: by the binding, and by fetch.
// usage: MODE BASE STREAMS COUNT PERIOD   MODE: dosai or native; the server is benchmarks/paced.c.
// Prints what many.escript prints.
import OpenAI from '../../bindings/node/index.mjs';
import { fetched } from '../node_fetch.mjs';

const [mode, base, ...numbers] = process.argv.slice(2);
const [streams, count, period] = numbers.map(Number);
const client = new OpenAI({ baseURL: base, apiKey: 'sk-0123456789', maxRetries: 0 });

async function read(count, period) {
  const body = { model: `paced-${count}-${period}`, messages: [{ role: 'user', content: 'Hello!' }], stream: true };
  const delays = [];
  for await (const chunk of mode === 'dosai' ? await client.chat.completions.create(body) : fetched(base, body)) {
    const sent = chunk.choices[0]?.delta.content;
    if (sent) delays.push(Number(process.hrtime.bigint()) - Number(sent));
  }
  return delays;
}

await read(1, 1);
const before = process.cpuUsage();
const seen = await Promise.all(Array.from({ length: streams }, () => read(count, period).catch(() => [])));
const { user, system } = process.cpuUsage(before);
const whole = seen.filter((delays) => delays.length === count);
const late = whole.flatMap((delays) => delays.slice(count / 4)).sort((one, other) => one - other);
const at = (share) => Math.round(late[Math.floor(late.length * share)] / 1000);
console.log(((user + system) / seen.flat().length).toFixed(2), whole.length, at(0.5), at(0.99));
