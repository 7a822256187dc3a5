<?php

// A server: a visitor says a line, and reads the answer as it comes. Each has a Fiber; one stream_select waits for all.
//
//   php server.php tcp://127.0.0.1:7000, and then: nc 127.0.0.1 7000
$waits = [];
$waitFor = function ($stream, bool $toWrite = false) use (&$waits): void { // the others go on until it can be read, or written
    $waits[] = [$stream, $toWrite, Fiber::getCurrent()];
    Fiber::suspend();
};
$client = new Dosai\Client(wait: fn ($stream) => $waitFor($stream));

$hear = function ($visitor) use ($waitFor): string { // at most 64 KB
    $line = '';
    while (!str_ends_with($line, "\n") && strlen($line) < 65536 && !feof($visitor)) {
        $waitFor($visitor);
        $line .= fgets($visitor, 65536);
    }
    return $line;
};
$say = function ($visitor, string $text) use ($waitFor): bool { // false: the visitor has left
    while ($text !== '') {
        $waitFor($visitor, true);
        $sent = @fwrite($visitor, $text);
        if ($sent === false) {
            return false;
        }
        $text = substr($text, $sent);
    }
    return true;
};

$answer = function ($visitor) use ($client, $hear, $say): void {
    stream_set_blocking($visitor, false);
    $line = $hear($visitor);
    if ($line === '') {
        return; // the visitor has left
    }
    try {
        foreach ($client->stream(['model' => 'dos-ai', 'messages' => [['role' => 'user', 'content' => $line]]]) as $chunk) {
            if (!$say($visitor, $chunk->content())) {
                break;
            }
        }
    } catch (Dosai\Error $error) {
        $say($visitor, "\nerror: {$error->getMessage()}");
    }
    $say($visitor, "\n");
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
    $waitedFor = fn (bool $toWrite) => array_column(array_filter($waits, fn ($wait) => $wait[1] === $toWrite), 0);
    [$readable, $writable, $none] = [$waitedFor(false), $waitedFor(true), null];
    stream_select($readable, $writable, $none, null);
    $isReady = fn (array $wait) => in_array($wait[0], $wait[1] ? $writable : $readable, true);
    [$ready, $waits] = [array_filter($waits, $isReady), array_filter($waits, fn ($wait) => !$isReady($wait))];
    foreach ($ready as [$stream, $toWrite, $fiber]) {
        $fiber->resume();
    }
}
