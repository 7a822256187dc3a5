<?php

// A server: a visitor says a line, and reads the answer as it comes. Each has a Fiber; one stream_select waits for all.
//
//   php server.php tcp://127.0.0.1:7000, and then: nc 127.0.0.1 7000
$waits = [];
$waitFor = function ($stream) use (&$waits): void { // the others go on until there is something to read
    $waits[] = [$stream, Fiber::getCurrent()];
    Fiber::suspend();
};
$client = new Dosai\Client(wait: $waitFor);

$answer = function ($visitor) use ($client, $waitFor): void {
    $waitFor($visitor);
    try {
        foreach ($client->stream(['model' => 'dos-ai', 'messages' => [['role' => 'user', 'content' => fgets($visitor)]]]) as $chunk) {
            fwrite($visitor, $chunk->content());
        }
    } catch (Dosai\Error $error) {
        fwrite($visitor, "\nerror: {$error->getMessage()}");
    }
    fwrite($visitor, "\n");
    fclose($visitor);
};

$server = stream_socket_server($argv[1] ?? 'tcp://127.0.0.1:7000');
$accept = function () use ($server, $answer, $waitFor): void {
    while (true) {
        $waitFor($server);
        (new Fiber($answer))->start(stream_socket_accept($server));
    }
};
(new Fiber($accept))->start();
while (true) {
    [$readable, $none] = [array_column($waits, 0), null];
    stream_select($readable, $none, $none, null);
    $isReady = fn (array $wait) => in_array($wait[0], $readable, true);
    [$ready, $waits] = [array_filter($waits, $isReady), array_filter($waits, fn ($wait) => !$isReady($wait))];
    foreach ($ready as [$stream, $fiber]) {
        $fiber->resume();
    }
}
