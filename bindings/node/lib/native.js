'use strict';
// The addon, and the calls that are under way in it. src/gather.h describes the rows of numbers.
const fs = require('node:fs');
const path = require('node:path');

const COLUMNS = 11;
const [SLOT, KIND, CHOICE] = [0, 1, 3];
const LAST_EVENT = 100;
const [CANCEL, PAUSE, RESUME, KEEP, SNAPSHOT] = [0, 1, 2, 3, 4];

function load() {
  const places = ['../dosai.node', '../../../build/node/dosai.node'].map((place) => path.join(__dirname, place));
  const found = places.find((place) => fs.existsSync(place));
  if (!found) throw new Error(`dosai.node is missing: run make in a clone of libdosai (looked for ${places.join(', ')})`);
  return require(found);
}

const addon = load();

// The calls, by their slots, and the rows. Modules that are loaded again, as by Jest, get the same addon.
const { calls, free, rows } = (addon.shared ??= begin([], []));

function begin(calls, free) {
  // Deno and Bun have no libuv, and functions of its that abort: there, a thread waits.
  const rows = addon.start(deliver, Boolean(process.versions.deno || process.versions.bun));
  return { calls, free, rows };

  function deliver(count, text, json, ends) {
    for (let row = 0, at = 0; row < count; row++, at += COLUMNS) {
      const slot = rows[at + SLOT];
      const call = calls[slot];
      if (rows[at + KIND] !== LAST_EVENT) {
        call.take(rows, at, text, json);
        continue;
      }
      calls[slot] = undefined;
      free.push(slot);
      call.slot = -1;
      call.unfollow();
      call.leave();
      call.end(ends[rows[at + CHOICE]]);
    }
  }
}

// What runs in the addon until end() is called. A kind of call has take(), which receives its chunks.
class Call {
  slot = -1;
  turns = null; // in which it has a turn
  isPaused = false;
  #keepsAnswer = false;

  // Gives the facts of the error if the call cannot start.
  start(kind, client, path, json, options) {
    const slot = free.length > 0 ? free.pop() : calls.length;
    const refused = addon.submit(kind, client, slot, path, json, options);
    if (refused) {
      if (slot < calls.length) free.push(slot);
      return refused;
    }
    calls[slot] = this;
    this.slot = slot;
    if (this.#keepsAnswer) this.control(KEEP);
    return null;
  }

  control(what) {
    return this.slot < 0 ? undefined : addon.control(this.slot, what);
  }

  // Is cancelled when the signal says so.
  follow(signal) {
    const abort = () => this.abort();
    signal.addEventListener('abort', abort, { once: true });
    this.unfollow = () => signal.removeEventListener('abort', abort);
  }

  unfollow() {}

  abort() {
    this.cancel();
  }

  cancel() {
    this.control(CANCEL);
  }

  pause() {
    this.isPaused = true;
    this.control(PAUSE);
    this.turns?.leave();
  }

  resume() {
    this.isPaused = false;
    this.control(RESUME);
    this.turns?.enter();
  }

  // Its turn is over.
  leave() {
    if (!this.isPaused) this.turns?.leave();
    this.turns = null;
  }

  keepAnswer() {
    this.#keepsAnswer = true; // also if it has not started
    this.control(KEEP);
  }

  snapshot() {
    return this.control(SNAPSHOT);
  }
}

module.exports = {
  Call, createClient: addon.createClient, header: addon.header, version: addon.version(),
  CHAT: 0, STREAM: 1, GET: 2, POST: 3, STREAM_POST: 4,
};
