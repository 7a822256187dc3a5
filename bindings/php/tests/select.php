<?php

declare(strict_types=1);

// Many at once by the program's own stream_select, with a Fiber for each call and `wait` to suspend it.
require __DIR__ . '/support.php';

const HELLO = 'Hello! How can I help you today?';

// The socket's file is there a little earlier.
function listens(string $socket): bool
{
    try {
        return fclose(stream_socket_client($socket));
    } catch (ErrorException) {
        return false;
    }
}

// Runs the example, with the address of its socket.
function serve(string $name, Closure $visit): void
{
    $socket = 'unix://' . sys_get_temp_dir() . '/dosai-' . bin2hex(random_bytes(6));
    $environment = ['DOSAI_BASE_URL' => str_replace('NAME', $name, getenv('DOSAI_TEST_URL')), 'DOSAI_API_KEY' => 'k'];
    $php = ['php', '-d', 'auto_prepend_file=' . dirname(__DIR__) . '/autoload.php', dirname(__DIR__) . '/examples/server.php', $socket];
    $server = proc_open($php, [STDIN], $pipes, null, $environment + getenv());
    try {
        for ($tries = 0; !listens($socket); $tries++) {
            same(true, $tries < 1000 && usleep(10_000) === null);
        }
        $visit(function (string $says) use ($socket) {
            $visitor = stream_socket_client($socket);
            stream_set_timeout($visitor, 20);
            fwrite($visitor, $says);
            return $visitor;
        });
    } finally {
        proc_terminate($server);
        proc_close($server);
        unlink(substr($socket, 7));
    }
}

tests([
    'a server' => fn () => serve('hello', function ($visitor) {
        [$silent, $slow] = [$visitor(''), $visitor('Hel')]; // hold up no other
        fclose($visitor(''));
        $visitors = array_map(fn () => $visitor("Hello!\n"), range(1, 20));
        same(array_fill(0, 20, HELLO . "\n"), array_map(stream_get_contents(...), $visitors));
        fwrite($slow, "lo!\n");
        same(HELLO . "\n", stream_get_contents($slow));
    }),
    'a visitor who does not read' => fn () => serve('big-event', function ($visitor) {
        $idle = $visitor("Hello!\n"); // holds up no other
        same('a', fread($idle, 1));
        $gone = $visitor("Hello!\n");
        same('a', fread($gone, 1));
        fclose($gone);
        same((4 << 20) + 1, strlen(stream_get_contents($visitor("Hello!\n"))));
        same(4 << 20, strlen(stream_get_contents($idle)));
    }),
    // Who waits hands out what comes for the others, too. Then the stream must be readable for them.
    'one hands out what another waits for' => function () {
        [$waits, $descriptor, $done] = [[], null, []];
        $client = client('delayed', wait: function ($stream) use (&$waits, &$descriptor) {
            [$waits[], $descriptor] = [Fiber::getCurrent(), $stream];
            Fiber::suspend();
        });
        $ask = function (int ...$delays) use ($client, &$done) {
            foreach ($delays as $delay) {
                $client->chat(['model' => "$delay", 'messages' => []]);
                $done[] = $delay;
            }
        };
        $until = function (int $wanted, int $pause) use (&$waits, &$descriptor, &$done) {
            while (!in_array($wanted, $done)) {
                [$readable, $none] = [[$descriptor], null];
                same(1, stream_select($readable, $none, $none, 4));
                [$first, $others, $waits] = [$waits[0], array_slice($waits, 1), []];
                $first->resume();
                usleep($pause);
                array_map(fn ($fiber) => $fiber->resume(), $others);
            }
        };
        (new Fiber($ask))->start(1);
        (new Fiber($ask))->start(2);
        $until(1, 0);
        $until(2, 0); // both have connected
        foreach ([101, 60_000] as $last) { // the other one ends then, or waits on
            $done = [];
            (new Fiber($ask))->start(100);
            (new Fiber($ask))->start(0, $last);
            $until(0, 0);
            $until(100, 150_000); // what comes in the pause, the other one takes
        }
        same(false, in_array(60_000, $done));
        $client->close();
    },
    // The others wait as before, and not with a stream that is always readable.
    'one that is not resumed' => function () {
        $waits = 0;
        $client = client('delayed', wait: function ($stream) use (&$waits) {
            if (Fiber::getCurrent() !== null) {
                return Fiber::suspend();
            }
            [$readable, $none] = [[$stream], null];
            $waits += stream_select($readable, $none, $none, 10);
        });
        $ask = fn (int $delay) => $client->chat(['model' => "$delay", 'messages' => []]);
        $left = new Fiber(fn () => $ask(60_000));
        $left->start();
        $ask(1);
        $waits = 0;
        $ask(300);
        same(true, $waits < 20);
        $client->close();
        same(true, $left->isSuspended());
    },
]);
