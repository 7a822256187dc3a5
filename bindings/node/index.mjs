import OpenAI from './lib/index.js';

export default OpenAI;
export const {
  APIConnectionError, APIConnectionTimeoutError, APIError, APIPromise, APIResponseValidationError, APIUserAbortError,
  AuthenticationError, BadRequestError, ConflictError, InternalServerError, InvalidArgumentError, MaxRoundsError,
  NotFoundError, OpenAIError, PermissionDeniedError, RateLimitError, ServerSentEvent, Stream, ToolRunner,
  UnprocessableEntityError, UnusableAnswerError, rawJSON, version,
} = OpenAI;
export { OpenAI };
