<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** An answer; in an Error, the part of one that arrived. json is all of it, as the server sent it, or put together. */
final class Completion
{
    public readonly ?string $id;
    public readonly ?string $object;
    public readonly ?int $created; // Unix time
    public readonly ?string $model;
    /** @var Choice[] */
    public readonly array $choices;
    public readonly Usage $usage;
    /** @var string[] what was unusual in the answer, such as DONE_MISSING */
    public readonly array $quirks;
    public readonly int $httpStatus;
    public readonly ?string $requestId;
    /** @var Attempt[] the last one got the answer */
    public readonly array $attempts;
    public readonly Timings $timings;
    public readonly string $json;

    /** @internal */
    public function __construct(CData $from)
    {
        $c = Native::library();
        $this->id = Native::ask('completion_id', $from);
        $this->object = Native::ask('completion_object', $from);
        $created = $c->dosai_completion_created($from);
        $this->created = $created < 0 ? null : $created;
        $this->model = Native::ask('completion_model', $from);
        $count = $c->dosai_completion_choice_count($from);
        $this->choices = $count > 0 ? array_map(fn (int $at) => Choice::read($from, $at), range(0, $count - 1)) : [];
        $this->usage = Usage::of(Native::filled('usage', 'completion_usage', $from));
        $bits = $c->dosai_completion_quirks($from);
        $quirks = [];
        for ($bit = 1; $bit <= $bits; $bit <<= 1) {
            if ($bits & $bit && ($name = $c->dosai_quirk_name($bit)) !== null) {
                $quirks[] = \FFI::string($c->cast('const char *', $name));
            }
        }
        $this->quirks = $quirks;
        $this->httpStatus = $c->dosai_completion_http_status($from);
        $this->requestId = Native::ask('completion_request_id', $from);
        $this->attempts = Attempt::all('completion', $from);
        $this->timings = Timings::of('completion', $from);
        $this->json = Native::ask('completion_json', $from) ?? '';
    }

    /** The content of the first choice, or ''. */
    public function text(): string
    {
        return $this->choices[0]->message->content ?? '';
    }
}
