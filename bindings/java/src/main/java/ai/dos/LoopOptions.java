// Written by scripts/declarations.py: change include/dosai.h, then run that.
package ai.dos;

/** Options of a client's asynchronous calls, which are those of virtual threads, too. A time of zero is as if it were not set; a negative one is none. */
public final class LoopOptions extends Options<LoopOptions> {
    public LoopOptions() {
        super(Declarations.loop_options.SIZE, Declarations::dosai_loop_options_init);
    }

    /** In C: how many calls run at once; the others wait, with no clock running, and the clients take turns to start one. 0: no limit; not -1 */
    public LoopOptions maxInFlight(int value) {
        return number(4, 4, value);
    }

    /** In C: 0: no limit; not -1. Calls over the limit wait in turn; only their total clock runs */
    public LoopOptions maxConnectionsPerHost(int value) {
        return number(8, 4, value);
    }

    /** In C: of all its calls, in place of their clients' rates; see "Rates" in dosai.h. 0: none */
    public LoopOptions requestsPerMinute(long value) {
        return number(16, 8, value);
    }

    /** In C: of all its calls, in place of their clients' rates; see "Rates" in dosai.h. 0: none */
    public LoopOptions tokensPerMinute(long value) {
        return number(24, 8, value);
    }
}
