<?php

declare(strict_types=1);

namespace Dosai;

use FFI;
use FFI\CData;

/** A piece of a stream. text is a piece of the content, of a call's arguments, or the finish reason, in the server's word. */
final class Chunk
{
    public readonly Kind $kind;
    public readonly int $choice; // the server's index; -1: none
    public readonly ?string $text;
    public readonly ?string $json; // the whole event, with the fields that are not here
    public readonly bool $isLastInEvent;
    public ?int $toolCall = null; // the server's index
    public ?string $toolCallId = null;
    public ?string $toolCallName = null;
    public ?Usage $usage = null;
    public ?string $eventType = null;
    public ?string $eventId = null;

    /** @internal */
    public function __construct(CData $from)
    {
        $kind = $from->kind;
        $this->kind = Kind::tryFrom($kind) ?? Kind::Other;
        $this->choice = $from->choice;
        $this->text = ($text = $from->text) === null ? null : FFI::string($text, $from->text_length);
        $this->json = ($json = $from->json) === null ? null : FFI::string($json, $from->json_length);
        $this->isLastInEvent = $from->last_in_event === 1;
        if ($kind === Kind::ToolCall->value) {
            $this->toolCall = $from->tool_call;
            $this->toolCallId = Native::text($from->tool_call_id, $from->tool_call_id_length);
            $this->toolCallName = Native::text($from->tool_call_name, $from->tool_call_name_length);
        } elseif ($kind === Kind::Usage->value) {
            $this->usage = Usage::of($from->usage);
        } elseif ($kind === Kind::Event->value) {
            $this->eventType = Native::text($from->event_type, $from->event_type_length);
            $this->eventId = Native::text($from->event_id, $from->event_id_length);
        }
    }

    /** The text, if it is one of the answer's content; else ''. */
    public function content(): string
    {
        return $this->kind === Kind::Content ? $this->text : '';
    }
}
