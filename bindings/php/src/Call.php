<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** @internal One call in a loop, with what has come for it and is unread. */
final class Call
{
    private const UNREAD = 256 << 10; // bytes; then its connection waits

    /** @var Chunk[] */
    private array $chunks = [];
    private int $read = 0;
    private int $bytes = 0;
    private bool $isPaused = false;
    private bool $isCancelled = false;
    private Completion|Response|Error|null $last = null;

    public function __construct(private Loop $loop, private ?CData $handle, private int $tag)
    {
    }

    public function hasNews(): bool
    {
        return $this->chunks !== [] || $this->last !== null;
    }

    public function add(Chunk $chunk): void
    {
        $this->chunks[] = $chunk;
        $this->bytes += strlen($chunk->json ?? $chunk->text);
        if ($this->bytes >= self::UNREAD && !$this->isPaused) {
            $this->isPaused = true;
            Native::library()->dosai_call_pause($this->handle);
        }
    }

    public function finish(Completion|Response|Error $last): void
    {
        $this->last ??= $last;
    }

    public function cancel(): void
    {
        $this->isCancelled = true;
        Native::library()->dosai_call_cancel($this->handle);
    }

    /** Waits for a chunk; null: the call is over. Of a cancelled call, what is unread is thrown away. */
    public function next(): ?Chunk
    {
        while (true) {
            if ($this->isCancelled) {
                $this->clear();
            }
            if (isset($this->chunks[$this->read])) {
                $chunk = $this->chunks[$this->read++];
                if ($this->read === count($this->chunks)) {
                    $this->clear();
                }
                return $chunk;
            }
            if ($this->last !== null) {
                return null;
            }
            $this->loop->pump($this);
        }
    }

    /** How it ended. */
    public function result(): Completion|Response
    {
        while ($this->next() !== null);
        if ($this->last instanceof Error) {
            throw $this->last;
        }
        if ($this->isCancelled) { // before its end was read
            throw new Error(Status::Cancelled, 'the call was cancelled', $this->last instanceof Completion ? $this->last : null);
        }
        return $this->last;
    }

    /** Lets the call go; if it still runs, it is cancelled. */
    public function release(): void
    {
        if ($this->handle !== null) {
            Native::whole($this->end(...));
        }
    }

    private function end(): void
    {
        if ($this->last === null) {
            $this->cancel();
        }
        Native::library()->dosai_call_free($this->handle);
        $this->handle = null;
        try {
            $this->loop->forget($this->tag);
        } catch (Error) { // in a forked child
        }
    }

    public function __destruct()
    {
        $this->release();
    }

    private function clear(): void
    {
        [$this->chunks, $this->read, $this->bytes] = [[], 0, 0];
        if ($this->isPaused) {
            $this->isPaused = false;
            Native::library()->dosai_call_resume($this->handle);
        }
    }
}
