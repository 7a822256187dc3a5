'use strict';
// Calls as promises and streams.
const { Call } = require('./native.js');
const { Headers, errorOf } = require('./errors.js');
const { completionOf, rawJSON } = require('./completion.js');

const BACKLOG = 512; // chunks that wait for their reader: beyond it, or beyond UNREAD characters, the connection waits
const UNREAD = 1 << 20;

// A call whose answer is not streamed. read() makes the result of its facts.
class WholeCall extends Call {
  constructor(read) {
    super();
    this.promise = new Promise((resolve, reject) => {
      this.reject = reject;
      this.settle = (facts) => {
        this.facts = facts;
        try {
          if (facts.status !== undefined) reject(errorOf(facts));
          else resolve(read(facts));
        } catch (error) {
          reject(errorOf({ status: 'PROTOCOL', message: `the answer cannot be read: ${error.message}` }));
        }
      };
    });
  }

  end(facts) {
    this.settle(facts);
  }

  fail(error) {
    this.reject(error);
  }
}

// A stream: chunks wait in a queue for a reader, or readers for chunks.
class StreamCall extends Call {
  #maker;
  #queue = [];
  #head = 0;
  #unread = 0;
  #readers = [];
  #isAborted = false;
  #opened;
  isDropped = false;
  failure = undefined; // why there are no more chunks
  facts = null; // of the last event

  constructor(maker) {
    super();
    this.#maker = maker;
    this.opened = new Promise((resolve, reject) => (this.#opened = { resolve, reject }));
  }

  take(rows, at, text, json) {
    if (this.isDropped || this.#isAborted || this.failure) return;
    this.#maker.take(rows, at, text, json, this.#push);
  }

  // The chunk of an entry; null if there is none.
  #read(entry) {
    try {
      return this.#maker.read(entry);
    } catch (error) {
      this.failure = errorOf({ status: 'PROTOCOL', message: `an event cannot be read: ${error.message}` });
      this.#queue = [];
      this.#head = 0;
      this.cancel();
      return null;
    }
  }

  #push = (entry, size) => {
    if (this.#opened !== null) this.#open();
    if (this.#readers.length > 0) {
      const value = this.#read(entry);
      if (value !== null) this.#readers.shift().resolve({ value, done: false });
      return;
    }
    this.#queue.push(entry);
    this.#unread += size;
    if (!this.isPaused && (this.#queue.length - this.#head > BACKLOG || this.#unread > UNREAD)) this.pause();
  };

  #open(error) {
    const opened = this.#opened;
    this.#opened = null;
    if (error) opened.reject(error);
    else opened.resolve(this);
  }

  end(facts) {
    this.facts = facts;
    if (facts.status !== undefined) this.failure ??= errorOf(facts);
    if (this.#opened !== null) this.#open(this.failure);
    for (const reader of this.#readers.splice(0)) this.#finish(reader);
  }

  fail(error) {
    this.failure = error;
    this.end({ status: 'CANCELLED' });
  }

  #finish({ resolve, reject }) {
    if (this.failure && !this.isDropped) reject(this.failure);
    else resolve({ value: undefined, done: true });
  }

  // The reader's stream is kept while it waits: a stream that nobody has ends its call.
  next(stream) {
    while (this.#head < this.#queue.length) {
      const entry = this.#queue[this.#head++];
      if (this.#head === this.#queue.length) this.#empty();
      const value = this.#read(entry);
      if (value !== null) return Promise.resolve({ value, done: false });
    }
    return new Promise((resolve, reject) => {
      if (this.facts !== null || this.failure || this.isDropped) this.#finish({ resolve, reject });
      else this.#readers.push({ resolve, reject, stream });
    });
  }

  #empty() {
    this.#queue.length = this.#head = this.#unread = 0;
    if (this.isPaused) this.resume();
  }

  // The reader gets an error next, not what has arrived; unless the answer is complete.
  abort() {
    if (this.facts !== null) return;
    this.#isAborted = true;
    this.#queue = [];
    this.#head = 0;
    this.cancel();
  }

  // The reader wants no more.
  drop() {
    this.isDropped = true;
    this.#queue = [];
    this.#head = 0;
    this.cancel();
    for (const reader of this.#readers.splice(0)) this.#finish(reader);
  }
}

const abandoned = new FinalizationRegistry((call) => call.drop());

// The chunks of an answer as they arrive. Iteration ends after a complete answer; otherwise it throws.
class Stream {
  #call;
  #controller = null;

  constructor(call) {
    this.#call = call;
    abandoned.register(this, call);
  }

  // abort() ends the call; a reader gets an APIUserAbortError.
  get controller() {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      const call = this.#call;
      this.#controller.signal.addEventListener('abort', () => call.abort(), { once: true });
    }
    return this.#controller;
  }

  [Symbol.asyncIterator]() {
    this.#check();
    return this;
  }

  // What is left of an answer is not to look like one.
  #check() {
    if (this.#call.isDropped) throw errorOf({ status: 'CANCELLED', message: 'the stream was closed before its end' });
  }

  next() {
    return this.#call.next(this);
  }

  async #nextOrError() {
    const result = await this.next();
    if (result.done) this.#check();
    return result;
  }

  async return(value) {
    this.#call.drop();
    return { value, done: true };
  }

  async throw(error) {
    this.#call.drop();
    throw error;
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    this.#call.drop();
  }

  // The completion so far, including chunks that have arrived but are not read yet.
  get currentChatCompletionSnapshot() {
    const facts = this.#call.facts ?? this.#call.snapshot();
    if (facts?.status !== undefined) return this.#call.failure.completion ?? undefined;
    return facts && completionOf(facts);
  }

  // Reads to the end.
  async finalChatCompletion() {
    while (!(await this.#nextOrError()).done);
    return this.currentChatCompletionSnapshot;
  }

  async finalContent() {
    return (await this.finalChatCompletion()).choices[0]?.message.content ?? null;
  }

  // Two streams of the same chunks; what only one of them has read waits for the other.
  tee() {
    const queues = [[], []];
    return queues.map((own, at) => ({
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => {
        if (own.length === 0) {
          const result = this.#nextOrError();
          own.push(result);
          queues[1 - at].push(result);
        }
        return own.shift();
      },
    }));
  }

  // The chunks as lines of JSON, for a response of a server.
  toReadableStream() {
    this.#check();
    const encoder = new TextEncoder();
    return new ReadableStream({
      pull: async (controller) => {
        const { value, done } = await this.#nextOrError();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      },
      cancel: () => this.#call.drop(),
    });
  }
}

// A promise of an answer. withResponse() adds the status and the headers.
class APIPromise extends Promise {
  #call = null;

  static get [Symbol.species]() {
    return Promise;
  }

  static of(call, promise) {
    const made = new APIPromise((resolve) => resolve(promise));
    made.#call = call;
    return made;
  }

  async withResponse() {
    this.#call?.keepAnswer();
    const data = await this;
    const facts = this.#call?.facts ?? this.#call?.snapshot() ?? {};
    const headers = new Headers(facts.handle);
    return { data, response: { status: facts.httpStatus, ok: true, headers }, request_id: facts.requestId ?? null };
  }

  async asResponse() {
    return (await this.withResponse()).response;
  }
}

module.exports = { APIPromise, Stream, StreamCall, WholeCall, rawJSON };
