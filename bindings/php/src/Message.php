<?php

declare(strict_types=1);

namespace Dosai;

/**
 * A message of an answer. Among the messages of a request, it is sent as the server wrote it: json; elsewhere, as PHP reads
 * that, which rounds a number of more than 64 bits.
 */
final class Message implements \JsonSerializable
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

    public function jsonSerialize(): mixed
    {
        return json_decode($this->json, false, 512, JSON_THROW_ON_ERROR);
    }
}
