// Compiled, not run: what is right compiles, and what is wrong does not.
import OpenAI, { APIError, rawJSON } from 'dosai';

const client = new OpenAI({ apiKey: async () => 'key', timeout: { idle: 1000, total: null }, http1Only: true });
const body: OpenAI.ChatCompletionCreateParams = { model: 'm', messages: [{ role: 'user', content: 'hi' }], top_k: 5 };

export async function run(signal: AbortSignal): Promise<string> {
  const whole = await client.chat.completions.create({ ...body, stream: false }, { signal });
  const content: string | null = whole.choices[0]!.message.content;
  const stream = await client.chat.completions.create({ ...body, stream: true });
  for await (const chunk of stream) process(chunk.choices[0]?.delta.content ?? '', rawJSON(chunk));
  const readable: ReadableStream<Uint8Array> = stream.toReadableStream();
  const { response } = await client.chat.completions.create({ ...body, stream: true }).withResponse();
  const events = await client.post('/responses', { body: {}, stream: true });
  for await (const event of events) process(event.data);
  const runner = client.chat.completions.runTools({
    ...body, tools: [{ type: 'function', function: { name: 'f', function: ({ city }: { city: string }) => city.length } }],
  }, { maxRounds: 3 });
  whole.messages?.push({ ...body, messages: [...body.messages, whole.choices[0]!.message] });
  return `${content}${readable}${response.status}${await runner.finalContent()}`;
}

export function show(error: unknown): string | null {
  if (!(error instanceof APIError)) return null;
  const partial: string | null | undefined = error.completion?.choices[0]?.message.content;
  return `${error.status} ${error.code} ${error.requestID} ${error.attempts.length} ${partial}`;
}

export const choices: OpenAI.ChatCompletionCreateParams['tool_choice'][] = [
  'required', { type: 'function', function: { name: 'f' } }, { type: 'custom', custom: { name: 'f' } },
  { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] } },
];

// As programs for openai-node name them.
export async function named(messages: OpenAI.Chat.ChatCompletionMessageParam[], tools: OpenAI.Chat.Completions.ChatCompletionTool[]) {
  const streaming: OpenAI.Chat.ChatCompletionCreateParamsStreaming = { model: 'm', messages, tools, stream: true };
  const whole: OpenAI.ChatCompletionCreateParamsNonStreaming = { model: 'm', messages, tool_choice: chosen };
  for await (const chunk of await client.chat.completions.create(streaming)) seen(chunk);
  const completion: OpenAI.Chat.ChatCompletion = await client.chat.completions.create(whole);
  const message: OpenAI.Chat.ChatCompletionMessage = completion.choices[0]!.message;
  const calls: OpenAI.Chat.ChatCompletionMessageToolCall[] = message.tool_calls ?? [];
  const usage: OpenAI.CompletionUsage | undefined = completion.usage;
  messages.push(message, { role: 'tool', tool_call_id: calls[0]!.id, content: `${usage?.total_tokens}` });
}

declare const chosen: OpenAI.Chat.ChatCompletionToolChoiceOption;
declare function seen(chunk: OpenAI.Chat.ChatCompletionChunk): void;
declare function process(...texts: (string | undefined)[]): void;

// @ts-expect-error: there is no such option
new OpenAI({ apikey: 'x' });
// @ts-expect-error: a model is needed
void client.chat.completions.create({ messages: [] });
// @ts-expect-error: a stream has no choices
void client.chat.completions.create({ ...body, stream: true }).then((stream) => stream.choices);
