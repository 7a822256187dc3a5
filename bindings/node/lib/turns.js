'use strict';
// At most so many calls at once; the others wait in turn. A call that is paused does not count, as in the library's loop.
class Turns {
  #free;
  #waiting = new Set();
  #order = this.#waiting.values(); // a new iterator would pass each that has left

  constructor(most) {
    this.#free = most;
  }

  // Resolves when it is the caller's turn; unless the signal comes first, which rejects with what failure() gives.
  wait(signal, failure) {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(go);
        reject(failure());
      };
      const go = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#waiting.add(go);
      this.#next();
    });
  }

  // A call goes on that had left; it does not wait.
  enter() {
    this.#free--;
  }

  leave() {
    this.#free++;
    this.#next();
  }

  #next() {
    if (this.#free < 1 || this.#waiting.size === 0) return;
    const go = this.#order.next().value;
    this.#waiting.delete(go);
    this.#free--;
    go();
  }
}

module.exports = { Turns };
