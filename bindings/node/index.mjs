import { createRequire } from 'node:module';

const OpenAI = createRequire(import.meta.url)('./lib/index.js'); // as an import, Deno would take it for ESM

export default OpenAI;
export const {
  APIConnectionError, APIConnectionTimeoutError, APIError, APIPromise, APIResponseValidationError, APIUserAbortError,
  AuthenticationError, BadRequestError, ConflictError, InternalServerError, InvalidArgumentError, MaxRoundsError,
  NotFoundError, OpenAIError, PermissionDeniedError, RateLimitError, ServerSentEvent, Stream, ToolRunner,
  UnprocessableEntityError, UnusableAnswerError, rawJSON, version,
} = OpenAI;
export { OpenAI };
