<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** What every failed call throws. completion is the part of the answer that had arrived. */
final class Error extends \RuntimeException
{
    public int $httpStatus = 0; // of the last attempt; 0: it got no answer
    public ?string $errorCode = null; // the server's, as type and param
    public ?string $type = null;
    public ?string $param = null;
    public ?string $requestId = null;
    public ?string $body = null; // the first 64 KiB of the response, or the event that told the error
    public Clock $clock = Clock::None; // that ran out, of a Timeout
    public ?float $retryAfter = null; // what the server asks for, in seconds
    public bool $isRetryable = false; // whether repeating the call may help
    /** @var Attempt[] */
    public array $attempts = [];
    public ?Timings $timings = null;

    public function __construct(public readonly Status $status, string $message, public ?Completion $completion = null)
    {
        parent::__construct($message, $status->value);
    }

    /** @internal */
    public static function read(CData $from): self
    {
        $c = Native::library();
        $status = $c->dosai_error_status($from);
        $made = new self(Status::tryFrom($status) ?? Status::Internal, Native::ask('error_message', $from) ?? "status $status");
        $made->httpStatus = $c->dosai_error_http_status($from);
        $made->errorCode = Native::ask('error_code', $from);
        foreach (['type' => 'type', 'param' => 'param', 'request_id' => 'requestId', 'body' => 'body'] as $getter => $property) {
            $made->$property = Native::ask("error_$getter", $from);
        }
        $made->clock = Clock::tryFrom($c->dosai_error_clock($from)) ?? Clock::None;
        $after = $c->dosai_error_retry_after_ms($from);
        $made->retryAfter = $after < 0 ? null : $after / 1000;
        $made->isRetryable = $c->dosai_error_is_retryable($from) === 1;
        $made->attempts = Attempt::all('error', $from);
        $made->timings = Timings::of('error', $from);
        $part = $c->dosai_error_completion($from);
        $made->completion = $part === null ? null : new Completion($part);
        return $made;
    }
}
