<?php

// Streams in PHP: the CPU of the process a chunk, by the binding and by PHP's curl with json_decode.
// usage: MODE BASE CALLS   MODE: dosai or native; the calls are one behind the other, on one connection.
// Prints nanoseconds of CPU, chunks, and bytes of text.
declare(strict_types=1);

require __DIR__ . '/../../bindings/php/autoload.php';

const MESSAGES = [['role' => 'user', 'content' => 'Hello!']];

function cpu(): int
{
    $usage = getrusage();
    return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1_000_000_000 + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) * 1000;
}

function with_dosai(Dosai\Client $client): array
{
    [$chunks, $text] = [0, ''];
    foreach ($client->stream(['model' => 'm', 'messages' => MESSAGES]) as $chunk) {
        $chunks++;
        $text .= $chunk->content();
    }
    return [$chunks, strlen($text)];
}

function with_curl(CurlHandle $curl): array
{
    [$chunks, $text, $rest] = [0, '', ''];
    curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode(['model' => 'm', 'messages' => MESSAGES, 'stream' => true]));
    curl_setopt($curl, CURLOPT_WRITEFUNCTION, function ($curl, string $part) use (&$chunks, &$text, &$rest): int {
        $lines = explode("\n", $rest . $part);
        $rest = array_pop($lines);
        foreach ($lines as $line) {
            if (str_starts_with($line, 'data: ') && $line !== 'data: [DONE]') {
                $event = json_decode(substr($line, 6), true);
                $chunks++;
                $text .= $event['choices'][0]['delta']['content'] ?? '';
            }
        }
        return strlen($part);
    });
    curl_exec($curl) ?: throw new Exception(curl_error($curl));
    return [$chunks, strlen($text)];
}

[, $mode, $base, $calls] = $argv;
if ($mode === 'dosai') {
    $client = new Dosai\Client(baseUrl: $base, maxTextBytes: -1);
    $once = fn () => with_dosai($client);
} else {
    $curl = curl_init("$base/chat/completions");
    curl_setopt($curl, CURLOPT_HTTPHEADER, ['Content-Type: application/json']);
    $once = fn () => with_curl($curl);
}
[$before, $seen] = [cpu(), []];
for ($at = 0; $at < (int) $calls; $at++) {
    $seen[] = $once();
}
echo cpu() - $before, ' ', array_sum(array_column($seen, 0)), ' ', array_sum(array_column($seen, 1)), "\n";
