<?php

declare(strict_types=1);

namespace Dosai;

use FFI;
use FFI\CData;

/** @internal The calls of a client. Who waits for one of them steps the loop, and keeps what comes for the others. */
final class Loop
{
    private const TOGETHER = 64; // events handed out before one is read

    public readonly CData $client;
    /** @var ?resource readable when there is work; it is made for `wait` */
    private $descriptor = null;
    public ?\Closure $wait = null;
    private FFI $c;
    private ?CData $handle;
    private CData $event;
    private CData $out;
    private CData $error;
    private CData $failure; // its address
    private int $tag = 0;
    /** @var \WeakReference<Call>[] */
    private array $calls = [];
    /** @var array<int, ?\Closure(): bool> by a Fiber of together(): whether its call has news; null: it waits for none */
    private array $fibers = [];
    private int $delivered = 0;
    /** @var int[] of each that is in `wait`, the eldest first: how much had been delivered before */
    private array $waiting = [];
    /** @var \WeakMap<object, int> by a Fiber: how much had been delivered when it last passed the wake on */
    private \WeakMap $passed;
    /** @var ?\WeakMap<Loop, true> */
    private static ?\WeakMap $open = null;

    public function __construct(#[\SensitiveParameter] array $clientOptions, array $loopOptions)
    {
        $this->c = Native::library();
        [$options, $kept] = Native::options('client_options', $clientOptions);
        [$loop] = Native::options('loop_options', $loopOptions);
        $this->client = Native::make('client', 'client_new', FFI::addr($options));
        try {
            $this->handle = Native::make('loop', 'loop_new', FFI::addr($loop));
        } catch (Error $error) {
            $this->c->dosai_client_free($this->client);
            throw $error;
        }
        $this->event = $this->c->new('const dosai_event *');
        $this->out = FFI::addr($this->event);
        $this->error = $this->c->new('dosai_error *');
        $this->failure = FFI::addr($this->error);
        $this->passed = new \WeakMap();
        if (self::$open === null) {
            self::$open = new \WeakMap();
            register_shutdown_function(self::closeAfterFatal(...));
        }
        self::$open[$this] = true;
    }

    /** After a fatal error PHP runs no destructors, and a worker of php-fpm lives on. */
    private static function closeAfterFatal(): void
    {
        $fatal = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;
        if ((error_get_last()['type'] ?? 0) & $fatal) {
            foreach (self::$open as $loop => $isOpen) {
                $loop->close();
            }
        }
    }

    /** To be called in Native::whole(). */
    public function submit(string $kind, CData $options, mixed ...$arguments): Call
    {
        if ($this->handle === null) {
            throw new Error(Status::InvalidArgument, 'the client is closed');
        }
        $tag = ++$this->tag;
        $call = Native::make('call', "loop_submit_$kind", $this->handle, $this->client, ...[...$arguments, FFI::addr($options), $tag]);
        $made = new Call($this, $call, $tag);
        $this->calls[$tag] = \WeakReference::create($made);
        return $made;
    }

    public function forget(int $tag): void
    {
        unset($this->calls[$tag]);
        if ($this->handle !== null) {
            $this->step(0); // what was cancelled goes now
        }
    }

    /** Hands out events, or waits until there may be some. */
    public function pump(Call $call): void
    {
        if (!Native::whole($this->deliver(...))) {
            $this->await($call->hasNews(...));
        }
    }

    /** In a Fiber of together(), lets the others go on; anywhere else, steps the loop. null: waits for no call. */
    private function await(?\Closure $hasNews): void
    {
        $fiber = \Fiber::getCurrent();
        $id = $fiber === null ? 0 : spl_object_id($fiber); // no object has 0
        if (array_key_exists($id, $this->fibers)) {
            $this->fibers[$id] = $hasNews;
            \Fiber::suspend();
            $this->fibers[$id] = null;
        } elseif ($hasNews !== null) {
            $this->rest();
        } elseif ($this->handle !== null) {
            $this->step(0);
        }
    }

    /** Runs each function in a Fiber; where one waits, another goes on. */
    public function together(array $functions): array
    {
        $results = [];
        $mine = $left = array_map(fn (callable $one) => new \Fiber($one), $functions);
        $mayGoOn = fn (\Fiber $fiber) => ($this->fibers[spl_object_id($fiber)] ?? fn () => true)();
        try {
            foreach ($mine as $fiber) {
                $this->fibers[spl_object_id($fiber)] = null;
                $fiber->start();
            }
            while ($left) {
                $hasMoved = $hasYielded = false;
                foreach ($left as $key => $fiber) {
                    if ($fiber->isTerminated()) {
                        $results[$key] = $fiber->getReturn();
                        unset($left[$key]);
                    } elseif ($mayGoOn($fiber)) {
                        $hasYielded = $hasYielded || $this->fibers[spl_object_id($fiber)] === null;
                        $hasMoved = true;
                        $fiber->resume();
                    }
                }
                if ($left && ($hasYielded || !$hasMoved)) {
                    $this->await($hasYielded ? null : fn () => array_filter($left, $mayGoOn) !== []);
                    while (Native::whole($this->deliver(...)));
                }
            }
        } finally {
            array_map(function (\Fiber $fiber) { unset($this->fibers[spl_object_id($fiber)]); }, $mine);
        }
        return array_replace(array_fill_keys(array_keys($functions), null), $results);
    }

    public function close(): void
    {
        if ($this->handle !== null) {
            Native::whole($this->end(...));
        }
    }

    private function end(): void
    {
        foreach ($this->calls as $call) {
            $call->get()?->cancel();
        }
        try {
            $this->step(0);
            while ($this->deliver());
        } catch (Error) { // in a forked child
        }
        foreach ($this->calls as $call) {
            $call->get()?->finish(new Error(Status::Cancelled, 'the client was closed'));
        }
        $this->c->dosai_loop_close($this->handle, null, null, null);
        $this->c->dosai_client_free($this->client);
        $this->handle = null;
        if ($this->descriptor !== null) {
            fclose($this->descriptor);
        }
    }

    public function __destruct()
    {
        $this->close();
    }

    private function rest(): void
    {
        if ($this->wait !== null) {
            $this->descriptor ??= @fopen('php://fd/' . $this->c->dosai_loop_fd($this->handle), 'r')
                ?: throw new Error(Status::Resource, 'there is no stream for `wait`, which only PHP on the command line can make');
            $this->waiting[] = $this->delivered;
            $me = array_key_last($this->waiting);
            try {
                ($this->wait)($this->descriptor);
            } finally {
                unset($this->waiting[$me]);
            }
        }
        if ($this->handle !== null) {
            $fiber = \Fiber::getCurrent() ?? $this;
            $hasPassed = ($this->passed[$fiber] ?? -1) === $this->delivered;
            $this->passed[$fiber] = $this->delivered;
            $timeout = $this->wait === null ? -1 : 0;
            $this->step($timeout, $hasPassed);
        }
    }

    /**
     * A step makes the descriptor unreadable. It is readable again for the others in `wait`, but not because of one Fiber
     * more than once after a delivery: the one that has not looked may never look.
     */
    private function step(int $timeout, bool $hasPassed = false): void
    {
        $status = $this->c->dosai_loop_step($this->handle, $timeout, null, null, null, $this->failure);
        Native::check($status, $this->error);
        if (!$hasPassed) {
            $this->rouse();
        }
    }

    /** What was delivered may be for another in `wait`: makes the descriptor readable for it. */
    private function rouse(): void
    {
        if ($this->handle !== null && $this->waiting && reset($this->waiting) < $this->delivered) {
            $this->c->dosai_loop_wake($this->handle);
        }
    }

    /** Hands out some events, if there are any. */
    private function deliver(): bool
    {
        [$c, $out, $event, $call, $last, $count] = [$this->c, $this->out, $this->event, null, 0, 0];
        while ($count < self::TOGETHER && $this->handle !== null && $c->dosai_loop_next($this->handle, $out, null) === 0 && !FFI::isNull($event)) {
            if (($tag = $event->tag) !== $last) {
                [$call, $last] = [($this->calls[$tag] ?? null)?->get(), $tag];
            }
            if (($chunk = $event->chunk) !== null) {
                $call?->add(new Chunk($chunk));
            } else {
                $call?->finish($this->last($event));
            }
            $count++;
        }
        if ($count > 0) {
            $this->delivered += $count;
            $this->rouse();
        }
        return $count > 0;
    }

    private function last(CData $event): Completion|Response|Error
    {
        return match (true) {
            $event->completion !== null => new Completion($event->completion),
            $event->response !== null => new Response($event->response),
            default => Error::read($event->error),
        };
    }
}
