// One client in Node: node_client.mjs dosai|fetch BASE1 BASE2. What a stream from BASE2 has more of than one from
// BASE1: CPU in nanoseconds, and chunks with a text; and a number that stands for the longer one's text.
const [kind, ...bases] = process.argv.slice(2);
const body = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }], stream: true };

async function* fetched(base) {
  const response = await fetch(`${base}/chat/completions`, {
    method: 'POST', body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-0123456789' },
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body) {
    rest += decoder.decode(bytes, { stream: true });
    let start = 0;
    for (let end; (end = rest.indexOf('\n\n', start)) >= 0; start = end + 2) {
      if (!rest.startsWith('data: ', start)) continue;
      const data = rest.slice(start + 6, end);
      if (data === '[DONE]') return;
      yield JSON.parse(data);
    }
    rest = rest.slice(start);
  }
  throw new Error('the stream was cut');
}

async function dosai(base) {
  const { default: OpenAI } = await import('../bindings/node/index.mjs');
  return new OpenAI({ baseURL: base, apiKey: 'sk-0123456789', maxRetries: 0 }).chat.completions.create(body);
}

async function read(base) {
  let [count, length, sum] = [0, 0, 0];
  for await (const chunk of kind === 'dosai' ? await dosai(base) : fetched(base)) {
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
