<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** Seconds from the start of the call; null: not reached. */
final class Timings
{
    public function __construct(
        public readonly ?float $connect,
        public readonly ?float $firstByte,
        public readonly ?float $firstToken,
        public readonly ?float $total,
        public readonly bool $reusedConnection,
    ) {
    }

    /** @internal */
    public static function of(string $kind, CData $from): self
    {
        $one = Native::filled('timings', "{$kind}_timings", $from);
        $seconds = fn (int $us) => $us < 0 ? null : $us / 1e6;
        return new self($seconds($one->connect_us), $seconds($one->first_byte_us), $seconds($one->first_token_us),
            $seconds($one->total_us), $one->reused_connection === 1);
    }
}
