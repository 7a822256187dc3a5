<?php

declare(strict_types=1);

// LEAK_CALLS calls, 10,000 if it is not set: whole, streamed, left, cancelled and failed.
require __DIR__ . '/support.php';

use Dosai\Error;

function resident(): int
{
    return (int) explode(' ', file_get_contents('/proc/self/statm'))[1] * 4096;
}

function once(Dosai\Client $client, int $kind): void
{
    $stream = $client->stream(QUESTION);
    try {
        try {
            $client->chat('[]');
        } catch (Error) {
        }
        switch ($kind) {
            case 0: $client->chat(QUESTION); break;
            case 1: contents($stream); break;
            case 2: foreach ($stream as $chunk) { break; } break;
            case 3: foreach ($stream as $chunk) { $stream->cancel(); } break;
            case 4: client('mixed')->chat(['model' => 'bad']);
        }
    } catch (Error) {
    }
}

tests(['memory' => function () {
    $calls = (int) (getenv('LEAK_CALLS') ?: 10_000);
    $client = client('mixed');
    for ($at = 0; $at < $calls; $at++) {
        if ($at === intdiv($calls, 4)) {
            $before = resident();
        }
        once($client, $at % 5);
    }
    $grown = resident() - $before;
    echo "$calls calls: ", resident() >> 10, ' KB, grown by ', $grown >> 10, " KB\n";
    same(true, $grown < (256 << 10) + 20 * $calls);
}]);
