'use strict';
// The tool loop: asks the model, runs the functions that it calls, and tells it their results, until it answers.
const { isObject } = require('./completion.js');
const { MaxRoundsError, UnusableAnswerError, errorOf } = require('./errors.js');

// Not every value that is thrown can be made a text.
function message(error) {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return 'the function failed';
  }
}

// The choice of the questions after the first: with a call that is forced, the model could only call again.
function unforced(choice) {
  if (choice === 'required' || choice?.function || choice?.custom) return 'auto';
  const allowed = choice?.allowed_tools;
  return allowed?.mode === 'required' ? { ...choice, allowed_tools: { ...allowed, mode: 'auto' } } : choice;
}

// Iterating gives the answers, or with stream: true the chunks of all of them. The functions of one answer run at once.
class ToolRunner {
  #client;
  #body;
  #options;
  #functions = new Map();
  #maxRounds;
  #throwsErrors;
  #controller = new AbortController();
  #steps;
  #isOver = false;

  constructor(client, { messages, tools, ...body }, { maxRounds, maxChatCompletions, throwToolErrors, signal, ...options } = {}) {
    this.#client = client;
    this.messages = [...messages]; // the conversation so far, in whole rounds
    this.completions = []; // the answers so far
    this.#maxRounds = maxRounds ?? maxChatCompletions ?? 10;
    if (typeof this.#maxRounds !== 'number' || !(this.#maxRounds >= 1)) throw new RangeError('maxRounds is at least 1');
    this.#throwsErrors = throwToolErrors === true;
    this.#body = { ...body, tools: tools.map((tool) => this.#definition(tool)) };
    this.#options = { ...options, signal: this.#controller.signal };
    this.#steps = this.#run(signal);
  }

  // A tool with a function is run; any other is only sent.
  #definition(tool) {
    const made = tool.function;
    if (typeof made?.function !== 'function') return tool;
    const { function: run, parse, ...definition } = made;
    const name = definition.name ?? run.name;
    if (this.#functions.has(name)) throw new TypeError(`two functions have the name ${name}`);
    this.#functions.set(name, { run, parse });
    return { type: 'function', function: { ...definition, name } };
  }

  async *#run(signal) {
    const abort = () => this.abort();
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    try {
      while (!this.#isOver) yield* this.#round();
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async *#round() {
    const asked = await this.#client.chat.completions.create({ ...this.#body, messages: this.messages }, this.#options);
    let completion = asked;
    if (this.#body.stream) {
      yield* asked;
      completion = await asked.finalChatCompletion();
    } else {
      yield completion;
    }
    await this.#add(completion);
  }

  async #add(completion) {
    this.completions.push(completion);
    const choice = completion.choices[0];
    if (choice && !isObject(choice.message)) throw new UnusableAnswerError('the answer has no message', completion);
    const calls = choice?.message.tool_calls;
    if (!calls?.length) {
      if (choice) this.messages.push(choice.message);
      this.#isOver = true;
      return;
    }
    if (choice.finish_reason === 'length' || choice.finish_reason === 'content_filter') {
      throw new UnusableAnswerError(`the answer with the calls was cut: ${choice.finish_reason}`, completion);
    }
    if (this.completions.length >= this.#maxRounds) {
      throw new MaxRoundsError(`the model still calls functions in round ${this.#maxRounds}`, completion);
    }
    const results = await Promise.all(calls.map((call) => this.#answer(call)));
    if (this.#controller.signal.aborted) throw errorOf({ status: 'CANCELLED', message: 'the tool loop was aborted' });
    this.messages.push(choice.message, ...results);
    this.#body.tool_choice = unforced(this.#body.tool_choice);
  }

  async #answer(call) {
    const tell = (content) => ({ role: 'tool', tool_call_id: call?.id, content });
    const name = call?.function?.name;
    const tool = this.#functions.get(name);
    if (!tool) return tell(`error: there is no function ${typeof name === 'string' ? name : 'without a name'}`);
    let given = call.function.arguments;
    if (tool.parse !== null) {
      try {
        given = await (tool.parse ?? JSON.parse)(String(given ?? '').trim() === '' ? '{}' : given);
      } catch (error) {
        return tell(`error: the arguments are not valid: ${message(error)}`);
      }
    }
    if (this.#controller.signal.aborted) return null;
    try {
      const value = await tool.run(given, this);
      return tell(typeof value === 'string' ? value : JSON.stringify(value) ?? 'null');
    } catch (error) {
      if (this.#throwsErrors) throw error;
      return tell(`error: ${message(error)}`);
    }
  }

  [Symbol.asyncIterator]() {
    return this.#steps;
  }

  // Runs the loop to its end, and gives the model's answer.
  async finalChatCompletion() {
    for await (const _ of this.#steps);
    if (!this.#isOver) throw errorOf({ status: 'CANCELLED', message: "the tool loop ended before the model's answer" });
    return this.completions.at(-1);
  }

  async finalMessage() {
    return (await this.finalChatCompletion()).choices[0]?.message ?? null;
  }

  async finalContent() {
    return (await this.finalMessage())?.content ?? null;
  }

  async done() {
    await this.finalChatCompletion();
  }

  // Stops the call in progress; no other function runs.
  abort() {
    this.#controller.abort();
  }
}

module.exports = { ToolRunner };
