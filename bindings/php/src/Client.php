<?php

declare(strict_types=1);

namespace Dosai;

use FFI;

/** An endpoint, a key, limits and open connections. */
final class Client
{
    private Loop $loop;
    private array $options;

    /**
     * The options are those of dosai_client_options, with times in seconds, such as idleTimeout: 30; negative or INF:
     * none. headers are lines, or names with values. maxInFlight: so many calls run at once; the others wait in turn. wait
     * is called in place of the library's own waiting, with a stream that is readable when there is work.
     */
    public function __construct(
        #[\SensitiveParameter] ?string $apiKey = null,
        #[\SensitiveParameter] ?string $baseUrl = null,
        ?\Closure $wait = null,
        #[\SensitiveParameter] mixed $headers = null,
        #[\SensitiveParameter] mixed $proxy = null,
        #[\SensitiveParameter] mixed $clientKeyPassword = null,
        mixed ...$options,
    ) {
        $options += compact('headers', 'proxy', 'clientKeyPassword');
        $ofLoop = array_intersect_key($options, ['maxInFlight' => 1, 'maxConnectionsPerHost' => 1]);
        $ofClient = [
            'apiKey' => $apiKey ?? (getenv('DOSAI_API_KEY') ?: null),
            'baseUrl' => $baseUrl ?? (getenv('DOSAI_BASE_URL') ?: null),
        ] + array_diff_key($options, $ofLoop);
        $this->loop = Native::whole(fn () => new Loop($ofClient, $ofLoop));
        $this->loop->wait = $wait;
        $this->options = Native::options('call_options', []);
    }

    /** The same client, with options for the calls made through it: cancel, headers, times, maxRetries, lastEvent. */
    public function with(?Cancel $cancel = null, #[\SensitiveParameter] mixed $headers = null, mixed ...$options): self
    {
        $made = clone $this;
        $made->options = Native::options('call_options', compact('cancel', 'headers') + $options);
        return $made;
    }

    /** Sends the request, an array or JSON, and gives the whole answer. */
    public function chat(array|string $request): Completion
    {
        return $this->submit('chat', $request)->result();
    }

    /** A stream of the answer, for foreach. */
    public function stream(array|string $request): Stream
    {
        return new Stream(fn () => $this->submit('stream', $request));
    }

    /** Sends a GET to any endpoint, such as /models. */
    public function get(string $path): Response
    {
        return Native::whole(fn () => $this->loop->submit('get', $this->options[0], self::path($path)))->result();
    }

    /** Sends a POST to any endpoint. */
    public function post(string $path, array|string $body): Response
    {
        return $this->submitTo('post', $path, $body)->result();
    }

    /** A POST to any endpoint that answers with server-sent events: each is one chunk, of Kind::Event. */
    public function postStream(string $path, array|string $body): Stream
    {
        return new Stream(fn () => $this->submitTo('stream_post', $path, $body));
    }

    /**
     * Runs each function in a Fiber: where one waits for an answer, another goes on. Gives their results. What one throws
     * is thrown, and the calls of the others are cancelled.
     *
     * @param array<callable(): mixed> $functions
     */
    public function together(array $functions): array
    {
        return $this->loop->together($functions);
    }

    /** Asks, runs the functions that the model calls, and so on until it answers: see Tools. */
    public function runTools(array &$request, Tools $tools, int $maxRounds = 10, bool $parallel = false): Completion
    {
        return $tools->run($this, $request, $maxRounds, $parallel);
    }

    /** The response_format that asks for an answer of this schema. */
    public static function jsonSchema(string $name, array $schema, bool $strict = true): array
    {
        return ['type' => 'json_schema', 'json_schema' => ['name' => $name, 'strict' => $strict, 'schema' => $schema]];
    }

    /** Cancels the calls that still run, and frees the client; so does letting go of it. */
    public function close(): void
    {
        $this->loop->close();
    }

    public function __debugInfo(): array
    {
        return []; // no key
    }

    private function submit(string $kind, array|string $request): Call
    {
        return Native::whole(function () use ($kind, $request) {
            $json = self::encode($request);
            $made = Native::make('request', 'request_parse', $json, strlen($json));
            try {
                return $this->loop->submit($kind, $this->options[0], $made);
            } finally {
                Native::library()->dosai_request_free($made);
            }
        });
    }

    private function submitTo(string $kind, string $path, array|string $body): Call
    {
        return Native::whole(function () use ($kind, $path, $body) {
            $json = self::encode($body);
            return $this->loop->submit($kind, $this->options[0], self::path($path), $json, strlen($json));
        });
    }

    private static function path(string $path): string
    {
        return str_contains($path, "\0") ? throw new \ValueError('dosai: a text has a NUL in it') : $path;
    }

    /** JSON; a message of an answer as the server wrote it. */
    private static function encode(mixed $value): string
    {
        if (is_string($value)) {
            return $value;
        }
        $flags = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
        $json = fn (mixed $one) => $one instanceof Message ? $one->json : json_encode($one, $flags);
        try {
            if (array_is_list($value)) {
                return $value ? $json($value) : '{}';
            }
            $pairs = [];
            foreach ($value as $key => $one) {
                $isList = $key === 'messages' && is_array($one) && !array_filter($one, is_string(...), ARRAY_FILTER_USE_KEY);
                $text = $isList ? '[' . implode(',', array_map($json, $one)) . ']' : $json($one);
                $pairs[] = $json((string) $key) . ':' . $text;
            }
        } catch (\JsonException $wrong) {
            throw new Error(Status::InvalidArgument, 'the request: ' . $wrong->getMessage());
        }
        return '{' . implode(',', $pairs) . '}';
    }
}
