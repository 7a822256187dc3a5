// Compiled, not run.
import OpenAI = require('dosai');

const client = new OpenAI();
export const text: Promise<string | null> = client.chat.completions.create({ model: 'm', messages: [], stream: true })
  .then((stream) => stream.finalContent());
export const isMine = (error: unknown): boolean => error instanceof OpenAI.RateLimitError && error.retryAfterMs !== null;
