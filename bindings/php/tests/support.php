<?php

declare(strict_types=1);

use Dosai\{Client, Error, Status};

const QUESTION = ['model' => 'm', 'messages' => [['role' => 'user', 'content' => 'Hello!']]];

set_error_handler(fn ($level, $text, $file, $line) => throw new ErrorException($text, 0, $level, $file, $line));

function client(string $script, mixed ...$options): Client
{
    return new Client(...['baseUrl' => str_replace('NAME', $script, getenv('DOSAI_TEST_URL')), 'apiKey' => 'k', 'maxRetries' => -1, ...$options]);
}

function same(mixed $wanted, mixed $found): void
{
    if ($wanted !== $found) {
        throw new Exception(var_export($found, true) . ' is not ' . var_export($wanted, true));
    }
}

function fails(Status $status, callable $work): Error
{
    try {
        $work();
    } catch (Error $error) {
        same($status, $error->status);
        return $error;
    }
    throw new Exception("no error, and not $status->name");
}

function contents(iterable $stream): string
{
    $text = '';
    foreach ($stream as $chunk) {
        $text .= $chunk->content();
    }
    return $text;
}

/** Waits until no connection of a script is open. */
function gone(string $script): void
{
    $server = new Client(baseUrl: preg_replace('~/s/.*~', '', getenv('DOSAI_TEST_URL')));
    for ($tries = 0; $tries < 500; $tries++) {
        $stats = json_decode($server->get("/stats/$script")->json);
        if ($stats->connections > 0 && $stats->ended === $stats->connections) {
            return;
        }
        usleep(10_000);
    }
    throw new Exception('connections stay open: ' . json_encode($stats));
}

function took(float $since, int $limit): void
{
    echo 'took ', (microtime(true) - $since) * 1000, " $limit\n";
}

function tests(array $tests): void
{
    foreach ($tests as $name => $test) {
        $test();
        echo "ok $name\n";
    }
}
