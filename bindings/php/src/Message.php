<?php

declare(strict_types=1);

namespace Dosai;

/** A message of an answer. Among the messages of a request, it is sent as the server wrote it: json. */
final class Message
{
    /** @param ToolCall[] $toolCalls */
    public function __construct(
        public readonly ?string $role,
        public readonly ?string $content,
        public readonly ?string $reasoning,
        public readonly ?string $refusal,
        public readonly array $toolCalls,
        public readonly string $json,
    ) {
    }
}
