<?php

declare(strict_types=1);

// Streams an answer, and then says who served it, with how much memory, and whether the classes were there before.
$isPreloaded = class_exists(Dosai\Client::class, false);
require_once __DIR__ . '/../../autoload.php';

$wait = isset($_SERVER['DOSAI_TEST_WAIT']) ? fn () => null : null;
$client = new Dosai\Client(baseUrl: $_SERVER['DOSAI_TEST_BASE'], apiKey: 'k', maxRetries: -1, wait: $wait);
try {
    foreach ($client->stream(['messages' => []]) as $chunk) {
        echo $chunk->content();
        flush();
        isset($_SERVER['DOSAI_TEST_WASTE']) && str_repeat('x', 1 << 30); // a fatal error
    }
} catch (Dosai\Error $error) {
    echo $error->status->name;
}
$pages = (int) explode(' ', file_get_contents('/proc/self/statm'))[1];
echo "\n", json_encode(['worker' => getmypid(), 'resident' => $pages * 4096, 'isPreloaded' => $isPreloaded]);
