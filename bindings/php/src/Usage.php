<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** Counts of tokens; null: the server did not say. */
final class Usage
{
    public function __construct(
        public readonly ?int $promptTokens,
        public readonly ?int $completionTokens,
        public readonly ?int $totalTokens,
        public readonly ?int $cachedTokens,
        public readonly ?int $reasoningTokens,
    ) {
    }

    /** @internal */
    public static function of(CData $from): self
    {
        $count = fn (int $number) => $number < 0 ? null : $number;
        return new self($count($from->prompt_tokens), $count($from->completion_tokens), $count($from->total_tokens),
            $count($from->cached_tokens), $count($from->reasoning_tokens));
    }
}
