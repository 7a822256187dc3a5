// Shows an answer as it arrives; Ctrl-C stops it: node stream.mjs
import OpenAI from 'dosai';

const client = new OpenAI();
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());

try {
  const stream = await client.chat.completions.create({
    model: 'dos-ai',
    messages: [{ role: 'user', content: 'Write a haiku about programming.' }],
    stream: true,
  }, { signal: controller.signal });
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
  console.log(`\n${(await stream.finalChatCompletion()).choices[0].finish_reason}`);
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  console.error(`\n${error.statusName}: ${error.message}`);
  process.exitCode = 1;
}
