// One client in Node: node_client.mjs dosai|fetch BASE1 BASE2. What a stream from BASE2 has more of than one from
// BASE1: CPU in nanoseconds, and chunks with a text; and a number that stands for the longer one's text.
import { fetched } from './node_fetch.mjs';

const [kind, ...bases] = process.argv.slice(2);
const body = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }], stream: true };

async function dosai(base) {
  const { default: OpenAI } = await import('../bindings/node/index.mjs');
  return new OpenAI({ baseURL: base, apiKey: 'sk-0123456789', maxRetries: 0, maxTextBytes: -1 }).chat.completions.create(body);
}

async function read(base) {
  let [count, length, sum] = [0, 0, 0];
  for await (const chunk of kind === 'dosai' ? await dosai(base) : fetched(base, body)) {
    const piece = chunk.choices[0]?.delta.content ?? chunk.choices[0]?.delta.tool_calls?.[0].function.arguments;
    if (!piece) continue;
    count++;
    length += piece.length;
    sum = (sum * 31 + piece.charCodeAt(0) + piece.charCodeAt(piece.length - 1)) % 1000003;
  }
  return { count, text: length * 1000003 + sum };
}

await read(bases[0]);
const spent = [];
for (const base of bases) {
  const before = process.cpuUsage();
  const seen = await read(base);
  const { user, system } = process.cpuUsage(before);
  spent.push({ cpu: (user + system) * 1000, ...seen });
}
console.log(spent[1].cpu - spent[0].cpu, spent[1].count - spent[0].count, spent[1].text);
