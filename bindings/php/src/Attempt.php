<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** One attempt to get an answer. delay is the wait before the next one, in seconds. */
final class Attempt
{
    public function __construct(public readonly Status $status, public readonly int $httpStatus, public readonly float $delay)
    {
    }

    /** @internal @return self[] */
    public static function all(string $kind, CData $from): array
    {
        $made = [];
        for ($at = 0; $at < Native::library()->{"dosai_{$kind}_attempt_count"}($from); $at++) {
            $one = Native::filled('attempt', "{$kind}_attempt", $from, $at);
            $made[] = new self(Status::tryFrom($one->status) ?? Status::Internal, $one->http_status, $one->delay_ms / 1000);
        }
        return $made;
    }
}
