<?php

// The testee of PHP: see Tests/Bindings/README.md. Its asynchronous ways are fibers of Client::together().

declare(strict_types=1);

require __DIR__ . '/../autoload.php';

use Dosai\{Attempt, Cancel, Chunk, Client, Clock, Completion, Error, Kind, Status, Timings, Usage};

error_reporting(E_ALL);
set_error_handler(fn ($level, $text, $file, $line) => throw new ErrorException($text, 0, $level, $file, $line));

function snake(string $name): string
{
    return strtolower(preg_replace('/(?<=[a-z])[A-Z]/', '_$0', $name));
}

function line(mixed $value): string
{
    return json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES) . "\n";
}

function status(Status $status): string
{
    return $status === Status::Tls ? 'TLS' : strtoupper(snake($status->name));
}

function counts(Usage $usage, ?int $unknown = -1): array
{
    $found = [];
    foreach (get_object_vars($usage) as $name => $count) {
        $found[snake($name)] = $count ?? $unknown;
    }
    return $found;
}

function attempts(array $list): array
{
    return array_map(fn (Attempt $one) => [
        'status' => status($one->status), 'http_status' => $one->httpStatus, 'delay_ms' => (int) round($one->delay * 1000)], $list);
}

function completion(?Completion $answer): ?array
{
    return $answer === null ? null : [
        'json' => $answer->json, 'id' => $answer->id, 'object' => $answer->object, 'created' => $answer->created ?? -1, 'model' => $answer->model,
        'choices' => array_map(fn ($one) => [
            'index' => $one->index, 'role' => $one->message->role, 'content' => $one->message->content, 'refusal' => $one->message->refusal,
            'reasoning' => $one->message->reasoning, 'finish_reason' => $one->finishReason, 'tool_calls' => $one->message->toolCalls], $answer->choices),
        'usage' => counts($answer->usage), 'quirks' => $answer->quirks, 'http_status' => $answer->httpStatus, 'attempts' => attempts($answer->attempts)];
}

function clock(Error $error): ?string
{
    return $error->clock === Clock::None ? null : snake($error->clock->name);
}

function retryAfter(Error $error): ?int
{
    return $error->retryAfter === null ? null : (int) round($error->retryAfter * 1000);
}

function failure(Error $error): array
{
    return ['status' => status($error->status), 'message' => $error->getMessage(), 'http_status' => $error->httpStatus,
        'code' => $error->errorCode, 'type' => $error->type, 'param' => $error->param, 'body' => $error->body === null ? null : bin2hex($error->body),
        'clock' => clock($error), 'retry_after_ms' => retryAfter($error) ?? -1, 'request_id' => $error->requestId,
        'attempts' => attempts($error->attempts), 'completion' => completion($error->completion)];
}

// ---- chunks, put together to events

function take(array &$event, Chunk $chunk): void
{
    if ($chunk->usage) {
        $event['usage'] = counts($chunk->usage);
    }
    if ($chunk->choice < 0) {
        return;
    }
    $choice = &$event['choices'][$chunk->choice];
    $choice ??= ['index' => $chunk->choice, 'tool_calls' => []];
    if ($chunk->kind === Kind::ToolCall) {
        $call = &$choice['tool_calls'][$chunk->toolCall];
        $call ??= ['index' => $chunk->toolCall, 'id' => '', 'name' => '', 'arguments' => ''];
        $call['id'] .= $chunk->toolCallId;
        $call['name'] .= $chunk->toolCallName;
        $call['arguments'] .= $chunk->text;
    } elseif (in_array($chunk->kind, [Kind::Content, Kind::Reasoning, Kind::Refusal, Kind::Finish], true)) {
        $key = $chunk->kind === Kind::Finish ? 'finish_reason' : strtolower($chunk->kind->name);
        $choice[$key] = ($choice[$key] ?? '') . $chunk->text;
    }
}

function shown(array $event): array
{
    $choices = array_map(fn ($one) => ['tool_calls' => array_values($one['tool_calls'])] + $one, $event['choices']);
    return ['choices' => array_values($choices)] + $event;
}

// ---- calls

/** Triggers a token while the client waits, by stream_select. */
final class Timer
{
    public static ?float $at = null;
    public static ?Cancel $token = null;

    public static function wait($descriptor): void
    {
        $left = self::$at === null ? null : max(0, (int) ((self::$at - microtime(true)) * 1e6));
        [$readable, $none] = [[$descriptor], null];
        stream_select($readable, $none, $none, $left === null ? null : 0, $left);
        if (self::$at !== null && microtime(true) >= self::$at) {
            self::$token->trigger();
            self::$at = null;
        }
    }
}

function client(object $asked): Client
{
    static $clients = [];
    $options = [];
    foreach ($asked->options as $name => $value) {
        $isTime = str_ends_with($name, '_ms');
        $key = lcfirst(str_replace('_', '', ucwords($isTime ? substr($name, 0, -3) : $name, '_')));
        $options[$key] = $isTime && $value > 0 ? $value / 1000 : $value;
    }
    $key = $asked->url . json_encode($asked->options);
    $client = $clients[$key] ?? new Client(...['baseUrl' => $asked->url, 'wait' => Timer::wait(...)] + $options);
    unset($clients[$key]);
    $clients[$key] = $client;
    if (count($clients) > 100) { // each has descriptors, and stream_select takes none above 1023
        array_shift($clients);
    }
    return $client;
}

function make(object $asked, array &$events): ?Completion
{
    $token = Timer::$token = new Cancel();
    $after = $asked->cancel_after_ms ?? (($asked->cancel_after ?? null) === 0 ? 0 : null);
    Timer::$at = $after === null ? null : microtime(true) + $after / 1000;
    if ($after === 0) {
        $token->trigger();
    }
    $client = client($asked)->with(cancel: $token);
    $request = json_encode($asked->request);
    if (str_ends_with($asked->face, 'whole')) {
        return $client->chat($request);
    }
    $stream = $client->stream($request);
    $isOpen = false;
    foreach ($stream as $chunk) {
        if (!$isOpen) {
            $events[] = ['json' => $chunk->json, 'choices' => []];
        }
        take($events[count($events) - 1], $chunk);
        $isOpen = !$chunk->isLastInEvent;
        if (!$isOpen && count($events) === ($asked->cancel_after ?? null)) {
            $stream->cancel();
        }
        if (!$isOpen && count($events) === ($asked->pause_after ?? null)) {
            usleep(300_000);
        }
        if (!$isOpen && count($events) === ($asked->drop_after ?? null)) {
            break;
        }
    }
    return $stream->completion;
}

function serve(object $asked): array
{
    [$events, $error, $answer] = [[], null, null];
    $work = function () use ($asked, &$events) { return make($asked, $events); };
    try {
        $answer = str_starts_with($asked->face, 'async_') ? client($asked)->together([$work])[0] : $work();
    } catch (Error $error) {
    } catch (Throwable $other) {
        return ['failed' => (string) $other];
    } finally {
        Timer::$at = null;
    }
    return ['status' => $error ? status($error->status) : 'OK', 'chunks' => array_map(shown(...), $events),
        'completion' => completion($answer), 'error' => $error ? failure($error) : null];
}

// ---- chat --json

/** A text that is JSON goes into a line as it is. */
function object(array $fields, array $raw): string
{
    $parts = array_map(fn ($name, $json) => ",\"$name\":" . strtr($json, "\r\n", '  '), array_keys($raw), $raw);
    $rest = substr(rtrim(line((object) $fields)), 0, -1) . implode('', $parts) . '}';
    return str_starts_with($rest, '{,') ? '{' . substr($rest, 2) : $rest;
}

function show(Chunk $chunk): void
{
    $shown = ['kind' => snake($chunk->kind->name), 'choice' => $chunk->choice] + match ($chunk->kind) {
        Kind::Content, Kind::Reasoning, Kind::Refusal => ['text' => $chunk->text],
        Kind::ToolCall => ['tool_call' => $chunk->toolCall, 'id' => $chunk->toolCallId, 'name' => $chunk->toolCallName, 'text' => $chunk->text],
        Kind::Finish => ['finish_reason' => $chunk->text],
        Kind::Usage => ['usage' => counts($chunk->usage, null)],
        default => [],
    };
    echo object([], ['chunk' => object($shown, $chunk->kind === Kind::Other ? ['json' => $chunk->json] : [])]), "\n";
}

function milliseconds(Timings $timings): array
{
    $found = [];
    foreach (['connect', 'firstByte', 'firstToken', 'total'] as $name) {
        $found[snake($name) . '_ms'] = $timings->$name === null ? null : $timings->$name * 1000;
    }
    return $found;
}

function finish(?Completion $answer, ?Error $error): int
{
    $told = ['status' => 'OK', 'error' => null];
    if ($error) {
        $body = $error->body === null ? null : mb_scrubbed($error->body);
        $told = ['status' => status($error->status), 'error' => ['message' => $error->getMessage(), 'http_status' => $error->httpStatus ?: null,
            'code' => $error->errorCode, 'type' => $error->type, 'param' => $error->param, 'request_id' => $error->requestId,
            'retry_after_ms' => retryAfter($error), 'body' => $body, 'timeout' => clock($error)]];
        $answer = $error->completion;
    }
    $told += ['attempts' => count(($error ?? $answer)->attempts), 'timings' => milliseconds(($error ?? $answer)->timings), 'quirks' => $answer?->quirks ?? []];
    echo object($told, ['completion' => $answer?->json ?? 'null']), "\n";
    return match ($error?->status ?? Status::Ok) {
        Status::Ok => 0,
        Status::InvalidArgument => 2,
        Status::Connection, Status::Proxy, Status::Tls, Status::Timeout, Status::Redirected => 3,
        Status::Truncated, Status::Protocol, Status::TooLarge => 4,
        Status::Cancelled => 130,
        default => $error->status->value <= Status::BadRequest->value && $error->status->value >= Status::Provider->value ? 1 : 5,
    };
}

function mb_scrubbed(string $text): string
{
    return json_decode(json_encode($text, JSON_INVALID_UTF8_SUBSTITUTE));
}

function chat(array $arguments): int
{
    $given = ['--max-retries' => '2'];
    for ($prompt = null; $arguments !== [];) {
        $one = array_shift($arguments);
        if (in_array($one, ['--json', '--no-stream', '--async'], true)) {
            $given[$one] = true;
        } elseif ($one[0] === '-') {
            $given[$one] = array_shift($arguments);
        } else {
            $prompt = $one;
        }
    }
    $request = ['model' => $given['-m'], 'messages' => [['role' => 'user', 'content' => $prompt]]];
    if (isset($given['--request'])) {
        $request = (array) json_decode(file_get_contents($given['--request'])) + $request;
    }
    try {
        $client = new Client(baseUrl: $given['--base-url'], maxRetries: (int) $given['--max-retries'] ?: -1,
            totalTimeout: isset($given['--timeout']) ? (float) $given['--timeout'] : null);
        $work = function () use ($client, $request, $given): Completion {
            if (isset($given['--no-stream'])) {
                return $client->chat($request);
            }
            $stream = $client->stream($request);
            foreach ($stream as $chunk) {
                show($chunk);
            }
            return $stream->completion;
        };
        return finish(isset($given['--async']) ? $client->together([$work])[0] : $work(), null);
    } catch (Error $error) {
        return finish(null, $error);
    }
}

if (($argv[1] ?? '') === 'chat') {
    exit(chat(array_slice($argv, 2)));
}
while (($text = fgets(STDIN)) !== false) {
    $asked = json_decode($text);
    echo line($asked === null ? ['failed' => 'nothing is asked'] : serve($asked));
}
