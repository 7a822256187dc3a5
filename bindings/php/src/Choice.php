<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** One of the answers that were asked for. */
final class Choice
{
    public function __construct(public readonly int $index, public readonly Message $message, public readonly ?string $finishReason)
    {
    }

    /** @internal */
    public static function read(CData $from, int $at): self
    {
        $c = Native::library();
        $text = fn (string $name) => Native::ask("completion_$name", $from, $at);
        $calls = [];
        for ($call = 0; $call < $c->dosai_completion_tool_call_count($from, $at); $call++) {
            $calls[] = new ToolCall(...array_map(fn ($name) => Native::ask("completion_tool_call_$name", $from, $at, $call), ['id', 'name', 'arguments']));
        }
        $message = new Message($text('role'), $text('content'), $text('reasoning'), $text('refusal'), $calls, $text('message_json') ?? 'null');
        return new self($c->dosai_completion_choice_index($from, $at), $message, $text('finish_reason_text'));
    }
}
