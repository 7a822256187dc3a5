'use strict';
// The errors of calls, with openai-node's names.
const { header } = require('./native.js');
const { completionOf } = require('./completion.js');

class OpenAIError extends Error {
  get name() {
    return this.constructor.name;
  }
}

// A value that the library refuses; nothing was sent.
class InvalidArgumentError extends OpenAIError {}

// The call succeeded, but its answer is not what runTools() needs.
class UnusableAnswerError extends OpenAIError {
  constructor(message, completion) {
    super(message);
    this.completion = completion;
  }
}

// The model still calls functions in the last round that runTools() may make.
class MaxRoundsError extends UnusableAnswerError {}

const CLOCKS = [null, 'connect', 'first_token', 'idle', 'total'];

// A call failed.
class APIError extends OpenAIError {
  constructor(facts) {
    super(facts.message ?? facts.status);
    this.status = facts.httpStatus || undefined; // the HTTP status of the last answer
    this.statusName = facts.status; // the library's, such as "RATE_LIMITED"
    this.code = facts.code;
    this.type = facts.type ?? undefined;
    this.param = facts.param;
    this.requestID = facts.requestId;
    this.error = errorIn(facts.body); // the server's error object
    this.attempts = facts.attempts ?? [];
    this.clock = CLOCKS[facts.clock] ?? null;
    this.retryAfterMs = facts.retryAfterMs < 0 || facts.retryAfterMs === undefined ? null : facts.retryAfterMs;
    this.isRetryable = facts.isRetryable === 1;
    this.completion = facts.completion ? completionOf(facts.completion) : null; // what had arrived
    this.quirks = facts.completion?.quirks ?? [];
    for (const [name, value] of [['body', facts.body ?? null], ['headers', new Headers(facts.handle ?? null)], ['timings', facts.timings]]) {
      Object.defineProperty(this, name, { value, enumerable: false });
    }
  }
}

class APIConnectionError extends APIError {}
class APIConnectionTimeoutError extends APIConnectionError {}
class APIUserAbortError extends APIError {}
class APIResponseValidationError extends APIError {}
class BadRequestError extends APIError {}
class AuthenticationError extends APIError {}
class PermissionDeniedError extends APIError {}
class NotFoundError extends APIError {}
class ConflictError extends APIError {}
class UnprocessableEntityError extends APIError {}
class RateLimitError extends APIError {}
class InternalServerError extends APIError {}

// Response headers, each looked up when it is asked for. Without a handle they were not kept; with null there are none.
class Headers {
  #handle;

  constructor(handle) {
    this.#handle = handle;
  }

  get(name) {
    if (this.#handle === undefined) {
      throw new OpenAIError('the headers were not kept: call withResponse() before the answer, or the end of the stream, has come');
    }
    return this.#handle && header(this.#handle, String(name));
  }

  has(name) {
    return this.get(name) !== null;
  }
}

const BY_HTTP_STATUS = {
  400: BadRequestError, 401: AuthenticationError, 403: PermissionDeniedError, 404: NotFoundError, 409: ConflictError,
  422: UnprocessableEntityError, 429: RateLimitError,
};
const BY_STATUS = {
  CANCELLED: APIUserAbortError, TIMEOUT: APIConnectionTimeoutError, CONNECTION: APIConnectionError,
  PROXY: APIConnectionError, TLS: APIConnectionError, TRUNCATED: APIConnectionError,
  PROTOCOL: APIResponseValidationError,
};
const REFUSED = new Set(['BAD_REQUEST', 'AUTHENTICATION', 'INSUFFICIENT_CREDITS', 'PERMISSION', 'NOT_FOUND',
  'RATE_LIMITED', 'SERVER', 'UNAVAILABLE']);

function errorOf(facts) {
  if (facts.status === 'INVALID_ARGUMENT') return Object.assign(new InvalidArgumentError(facts.message ?? facts.status), { statusName: facts.status });
  const kind = REFUSED.has(facts.status)
    ? facts.httpStatus >= 500 ? InternalServerError : BY_HTTP_STATUS[facts.httpStatus]
    : BY_STATUS[facts.status];
  return new (kind ?? APIError)(facts);
}

function errorIn(body) {
  try {
    const value = JSON.parse(body.toString());
    return value?.error ?? value;
  } catch {
    return undefined;
  }
}

module.exports = {
  APIConnectionError, APIConnectionTimeoutError, APIError, APIResponseValidationError, APIUserAbortError,
  AuthenticationError, BadRequestError, ConflictError, Headers, InternalServerError, InvalidArgumentError,
  MaxRoundsError, NotFoundError, OpenAIError, PermissionDeniedError, RateLimitError, UnprocessableEntityError,
  UnusableAnswerError, errorOf,
};
