<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** The answer to a GET or a POST. */
final class Response
{
    public readonly string $json;
    public readonly int $httpStatus;
    public readonly ?string $requestId;
    /** @var Attempt[] */
    public readonly array $attempts;
    public readonly Timings $timings;

    /** @internal */
    public function __construct(CData $from)
    {
        $this->json = Native::ask('response_json', $from) ?? '';
        $this->httpStatus = Native::library()->dosai_response_http_status($from);
        $this->requestId = Native::ask('response_request_id', $from);
        $this->attempts = Attempt::all('response', $from);
        $this->timings = Timings::of('response', $from);
    }
}
