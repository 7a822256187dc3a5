// A streaming chat as an expert would write it in Node.js without a library: fetch, a parser of events, JSON.parse.
export async function* fetched(base, body) {
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
