// One question, one answer: node chat.mjs
import OpenAI from 'dosai';

const client = new OpenAI(); // DOSAI_API_KEY, DOSAI_BASE_URL

const completion = await client.chat.completions.create({
  model: 'dos-ai',
  messages: [{ role: 'user', content: 'What is the capital of France?' }],
});
console.log(completion.choices[0].message.content);
console.log(`${completion.usage.total_tokens} tokens, request ${completion._request_id}`);
