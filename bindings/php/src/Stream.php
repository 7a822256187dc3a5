<?php

declare(strict_types=1);

namespace Dosai;

/**
 * A streaming call. The request is sent when it is read, which can be done once. To leave the loop, or to drop the
 * generator, cancels the call.
 *
 * @implements \IteratorAggregate<int, Chunk>
 */
final class Stream implements \IteratorAggregate
{
    /** The answer, put together, once the stream has ended without an error. */
    public ?Completion $completion = null;
    private ?Call $call = null;
    private bool $isCancelled = false;

    /** @internal */
    public function __construct(private ?\Closure $submit)
    {
    }

    /** Without an exception, the answer is complete. */
    public function getIterator(): \Generator
    {
        [$submit, $this->submit] = [$this->submit, null];
        if ($submit === null) {
            throw new Error(Status::InvalidArgument, 'the stream was read before');
        }
        if ($this->isCancelled) {
            throw new Error(Status::Cancelled, 'the call was cancelled');
        }
        $call = $this->call = $submit();
        try {
            while (($chunk = $call->next()) !== null) {
                yield $chunk;
            }
            $this->completion = $call->result();
        } finally {
            $this->call = null;
            $call->release();
        }
    }

    /** Cancels the call; its reader gets an Error with the status Cancelled. */
    public function cancel(): void
    {
        $this->isCancelled = true;
        $this->call?->cancel();
    }
}
