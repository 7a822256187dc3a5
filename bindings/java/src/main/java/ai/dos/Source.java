package ai.dos;

/** Where the chunks of one stream come from. Cancelling and closing may be done by any thread. */
interface Source {
    /** The next, waited for; null: the answer is complete. */
    Chunk next();

    /** After the end: all of it. */
    Completion completion();

    void cancel();

    /** Lets it go, cancelled if it still runs. */
    void close();
}
