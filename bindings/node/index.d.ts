// The types of dosai for Node.js. Parameters and fields that are not here go through as they are.
declare class OpenAI {
  constructor(options?: OpenAI.ClientOptions);
  readonly baseURL: string;
  readonly timeout: OpenAI.Timeout | undefined;
  readonly maxRetries: number;
  readonly chat: { readonly completions: OpenAI.Completions };
  readonly models: OpenAI.Models;
  /** A client with other options. What is undefined stays as it is, and so does an apiKey or baseURL of null. */
  withOptions(changes: OpenAI.ClientOptions): OpenAI;
  /** A GET of any JSON endpoint. */
  get<T = any>(path: string, options?: OpenAI.RequestOptions): OpenAI.APIPromise<T>;
  /** A POST to any JSON endpoint; with stream: true, the server-sent events that it answers with. */
  post(path: string, options: OpenAI.PostOptions & { stream: true }): OpenAI.APIPromise<OpenAI.Stream<OpenAI.ServerSentEvent>>;
  post<T = any>(path: string, options?: OpenAI.PostOptions): OpenAI.APIPromise<T>;
}

declare namespace OpenAI {
  /** Milliseconds that the server may be silent, and that a call without streaming may take; or each clock. null: no limit. */
  type Timeout = number | null | {
    connect?: number | null;
    firstToken?: number | null;
    idle?: number | null;
    total?: number | null;
  };

  /**
   * The options that openai-node has, and those of dosai_client_options in dosai.h. Another name, or a value of another
   * type, is an InvalidArgumentError; so is a number that is not whole, except in a timeout.
   */
  interface ClientOptions {
    /** A function is called before each call. A signal ends the wait for it, but no timeout does. */
    apiKey?: string | null | (() => string | Promise<string>);
    baseURL?: string | null;
    organization?: string | null;
    project?: string | null;
    timeout?: Timeout;
    maxRetries?: number;
    /**
     * How many calls run at once; the others wait in turn, and no clock of theirs runs. 0: no limit. A call has its turn
     * while it waits for its key: calls that apiKey makes itself need a client with 0.
     */
    maxInFlight?: number;
    defaultHeaders?: HeaderFields;
    defaultQuery?: Record<string, string | null | undefined>;
    dangerouslyAllowBrowser?: boolean;
    apiKeyHeader?: string;
    userAgent?: string;
    caFile?: string;
    caPem?: string;
    clientCertificateFile?: string;
    clientKeyFile?: string;
    clientKeyPassword?: string;
    proxy?: string;
    unixSocket?: string;
    connectTimeoutMs?: number;
    firstTokenTimeoutMs?: number;
    idleTimeoutMs?: number;
    totalTimeoutMs?: number;
    keepAliveTimeoutMs?: number;
    maxEventBytes?: number;
    maxResponseBytes?: number;
    maxTextBytes?: number;
    maxHeaderBytes?: number;
    maxJsonNodes?: number;
    maxJsonDepth?: number;
    maxChoices?: number;
    maxToolCalls?: number;
    maxRedirects?: number;
    requestsPerMinute?: number;
    tokensPerMinute?: number;
    allowInsecureHttp?: boolean;
    proxyFromEnvironment?: boolean;
    http1Only?: boolean;
  }

  type HeaderFields = Record<string, string | null | undefined> | globalThis.Headers;

  interface RequestOptions {
    signal?: AbortSignal;
    timeout?: Timeout;
    maxRetries?: number;
    headers?: HeaderFields;
  }

  interface PostOptions extends RequestOptions {
    /** Sent as JSON; {} without it. With stream: true, an object. */
    body?: unknown;
    stream?: boolean;
    /** The types or the data of the last event, separated by spaces, such as "message_stop". */
    lastEvent?: string;
  }

  interface ToolCall {
    id: string;
    type: 'function';
    function: { name: string; arguments: string; [field: string]: unknown };
    [field: string]: unknown;
  }

  interface Message {
    role: 'assistant';
    content: string | null;
    refusal?: string | null;
    tool_calls?: ToolCall[];
    reasoning_content?: string | null;
    [field: string]: any;
  }

  interface MessageParam {
    role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | (string & {});
    content?: string | null | unknown[];
    name?: string;
    tool_calls?: unknown[];
    tool_call_id?: string;
    [field: string]: unknown;
  }

  type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | (string & {});

  interface Usage {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details?: { cached_tokens?: number; [field: string]: unknown };
    completion_tokens_details?: { reasoning_tokens?: number; [field: string]: unknown };
    [field: string]: unknown;
  }

  interface ChatCompletion {
    id: string;
    object: 'chat.completion';
    created: number;
    model: string;
    choices: { index: number; message: Message; finish_reason: FinishReason; [field: string]: any }[];
    usage?: Usage;
    /** The x-request-id header. It and the next ones are not enumerable. */
    readonly _request_id: string | null;
    /** What deviates from the documented format: see DOSAI_QUIRK_ in dosai.h. */
    readonly _quirks: string[];
    readonly _attempts: Attempt[];
    readonly _timings: Timings;
    [field: string]: any;
  }

  interface Delta {
    role?: string;
    content?: string | null;
    refusal?: string | null;
    reasoning_content?: string | null;
    tool_calls?: { index: number; id?: string; type?: 'function'; function?: { name?: string; arguments?: string } }[];
    [field: string]: any;
  }

  interface ChatCompletionChunk {
    id: string;
    object: 'chat.completion.chunk';
    created: number;
    model: string;
    choices: { index: number; delta: Delta; finish_reason: FinishReason | null; [field: string]: any }[];
    usage?: Usage | null;
    [field: string]: any;
  }

  interface Tool {
    type: 'function' | (string & {});
    function?: { name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean | null };
    [field: string]: unknown;
  }

  interface ChatCompletionCreateParams {
    model: string;
    messages: (MessageParam | Message)[];
    stream?: boolean | null;
    temperature?: number | null;
    top_p?: number | null;
    max_tokens?: number | null;
    n?: number | null;
    stop?: string | string[] | null;
    tools?: Tool[];
    tool_choice?: 'none' | 'auto' | 'required' | { type: 'function'; function: { name: string } } | { type: 'custom'; custom: { name: string } }
      | { type: 'allowed_tools'; allowed_tools: { mode: 'auto' | 'required'; tools: Record<string, unknown>[] } } | (string & {});
    response_format?: { type: string; [field: string]: unknown };
    frequency_penalty?: number | null;
    presence_penalty?: number | null;
    stream_options?: { include_usage?: boolean; [field: string]: unknown } | null;
    [parameter: string]: unknown;
  }

  // What openai-node calls them, in OpenAI, OpenAI.Chat and OpenAI.Chat.Completions.
  type ChatCompletionMessage = Message;
  type ChatCompletionMessageParam = MessageParam | Message;
  type ChatCompletionMessageToolCall = ToolCall;
  type ChatCompletionTool = Tool;
  type ChatCompletionToolChoiceOption = NonNullable<ChatCompletionCreateParams['tool_choice']>;
  type ChatCompletionCreateParamsStreaming = ChatCompletionCreateParams & { stream: true };
  type ChatCompletionCreateParamsNonStreaming = ChatCompletionCreateParams & { stream?: false | null };
  type CompletionUsage = Usage;
  namespace Chat {
    export import ChatCompletion = OpenAI.ChatCompletion;
    export import ChatCompletionChunk = OpenAI.ChatCompletionChunk;
    export import ChatCompletionCreateParams = OpenAI.ChatCompletionCreateParams;
    export import ChatCompletionCreateParamsNonStreaming = OpenAI.ChatCompletionCreateParamsNonStreaming;
    export import ChatCompletionCreateParamsStreaming = OpenAI.ChatCompletionCreateParamsStreaming;
    export import ChatCompletionMessage = OpenAI.ChatCompletionMessage;
    export import ChatCompletionMessageParam = OpenAI.ChatCompletionMessageParam;
    export import ChatCompletionMessageToolCall = OpenAI.ChatCompletionMessageToolCall;
    export import ChatCompletionTool = OpenAI.ChatCompletionTool;
    export import ChatCompletionToolChoiceOption = OpenAI.ChatCompletionToolChoiceOption;
    export import Completions = OpenAI.Chat;
  }

  interface Completions {
    /** Sends the conversation and gives the answer; with stream: true, its chunks as they arrive. */
    create(body: ChatCompletionCreateParams & { stream: true }, options?: RequestOptions): APIPromise<Stream<ChatCompletionChunk>>;
    create(body: ChatCompletionCreateParams & { stream?: false | null }, options?: RequestOptions): APIPromise<ChatCompletion>;
    create(body: ChatCompletionCreateParams, options?: RequestOptions): APIPromise<ChatCompletion | Stream<ChatCompletionChunk>>;
    /** Runs the functions that the model calls, until it answers. */
    runTools(body: RunToolsParams & { stream: true }, options?: RunToolsOptions): ToolRunner<ChatCompletionChunk>;
    runTools(body: RunToolsParams, options?: RunToolsOptions): ToolRunner<ChatCompletion>;
  }

  interface RunnableTool {
    type: 'function';
    function: {
      /** Its result is told to the model: text as it is, anything else as JSON. */
      function: (given: any, runner: ToolRunner<any>) => unknown;
      name?: string;
      description?: string;
      parameters?: Record<string, unknown>;
      /** Reads the arguments, also asynchronously: JSON.parse if it is not given; null: the function gets the text. */
      parse?: ((text: string) => unknown) | null;
      strict?: boolean | null;
    };
  }

  interface RunToolsParams extends Omit<ChatCompletionCreateParams, 'tools'> {
    model: string;
    messages: (MessageParam | Message)[];
    stream?: boolean | null;
    tools: (RunnableTool | Tool)[];
  }

  interface RunToolsOptions extends RequestOptions {
    /** At most so many calls of the model; 10 if it is not given. */
    maxRounds?: number;
    maxChatCompletions?: number;
    /** An error of a function ends the loop, instead of being told to the model. */
    throwToolErrors?: boolean;
  }

  class ToolRunner<Step> implements AsyncIterable<Step> {
    private constructor();
    readonly messages: (MessageParam | Message)[];
    readonly completions: ChatCompletion[];
    [Symbol.asyncIterator](): AsyncIterator<Step>;
    finalChatCompletion(): Promise<ChatCompletion>;
    finalMessage(): Promise<Message | null>;
    finalContent(): Promise<string | null>;
    done(): Promise<void>;
    abort(): void;
  }

  interface Model {
    id: string;
    object: 'model';
    created: number;
    owned_by: string;
    [field: string]: unknown;
  }

  interface Models {
    list(options?: RequestOptions): APIPromise<{ object: 'list'; data: Model[] }>;
    retrieve(model: string, options?: RequestOptions): APIPromise<Model>;
  }

  interface Headers {
    get(name: string): string | null;
    has(name: string): boolean;
  }

  interface Answer {
    status: number;
    ok: true;
    headers: Headers;
  }

  class APIPromise<T> extends Promise<T> {
    /** Call it, or asResponse(), before the answer, or the end of the stream, has come: the headers throw if they were not kept. */
    withResponse(): Promise<{ data: T; response: Answer; request_id: string | null }>;
    asResponse(): Promise<Answer>;
  }

  /** Iteration ends after a complete answer; otherwise, also after a break, it throws. */
  class Stream<Item> implements AsyncIterableIterator<Item> {
    private constructor();
    /** abort() ends the call; a reader gets an APIUserAbortError. */
    readonly controller: AbortController;
    [Symbol.asyncIterator](): AsyncIterableIterator<Item>;
    next(): Promise<IteratorResult<Item, undefined>>;
    return(value?: any): Promise<IteratorResult<Item, any>>;
    throw(error?: any): Promise<IteratorResult<Item, any>>;
    /** The completion so far, including chunks that have arrived but are not read yet. */
    readonly currentChatCompletionSnapshot: ChatCompletion | undefined;
    /** Reads to the end. */
    finalChatCompletion(): Promise<ChatCompletion>;
    finalContent(): Promise<string | null>;
    tee(): [AsyncIterableIterator<Item>, AsyncIterableIterator<Item>];
    /** The chunks as lines of JSON. */
    toReadableStream(): ReadableStream<Uint8Array>;
  }

  class ServerSentEvent {
    private constructor();
    readonly type: string | null;
    readonly data: string;
    readonly id: string | null;
    json(): any;
  }

  /** One attempt to get an answer; delayMs: the wait after it. */
  interface Attempt {
    status: string;
    httpStatus: number;
    delayMs: number;
  }

  /** In microseconds from the start of the call; -1: not reached. */
  interface Timings {
    connectUs: number;
    firstByteUs: number;
    firstTokenUs: number;
    totalUs: number;
    reusedConnection: number;
  }

  class OpenAIError extends Error {}
  class InvalidArgumentError extends OpenAIError {}
  class UnusableAnswerError extends OpenAIError {
    readonly completion: ChatCompletion;
  }
  class MaxRoundsError extends UnusableAnswerError {}

  class APIError extends OpenAIError {
    protected constructor();
    /** The HTTP status of the last answer. */
    readonly status: number | undefined;
    /** The library's status, such as "RATE_LIMITED". */
    readonly statusName: string;
    readonly code: string | null;
    readonly type: string | undefined;
    readonly param: string | null;
    readonly requestID: string | null;
    /** The server's error object. */
    readonly error: any;
    readonly body: Uint8Array | null;
    readonly headers: Headers;
    readonly attempts: Attempt[];
    readonly timings: Timings | undefined;
    /** The clock that ran out. */
    readonly clock: 'connect' | 'first_token' | 'idle' | 'total' | null;
    readonly retryAfterMs: number | null;
    readonly isRetryable: boolean;
    /** What had arrived before the failure. */
    readonly completion: ChatCompletion | null;
    readonly quirks: string[];
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

  /** The JSON of a chunk or a completion, as the library gives it: what the server sent. */
  function rawJSON(object: object): string | undefined;
  /** The library's version. */
  const version: string;
}

export = OpenAI;
