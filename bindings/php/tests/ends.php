<?php

declare(strict_types=1);

// How calls end before their time. What is left open of them, the server tells.
require __DIR__ . '/support.php';

use Dosai\{Cancel, Status};

$kept = client('endless'); // until the process ends, with a stream in the middle
$stream = $kept->stream(QUESTION)->getIterator();
$stream->current();

tests([
    'cancel' => function () {
        $client = client('endless');
        $stream = $client->stream(QUESTION);
        $count = 0;
        $since = 0.0;
        $error = fails(Status::Cancelled, function () use ($stream, &$count, &$since) {
            foreach ($stream as $chunk) {
                if (++$count === 2) {
                    $since = microtime(true);
                    $stream->cancel();
                }
            }
        });
        took($since, 50);
        same([2, true], [$count, str_starts_with($error->completion->text(), '0 1')]);
        $cancelled = $client->stream(QUESTION);
        $cancelled->cancel();
        fails(Status::Cancelled, fn () => contents($cancelled));
    },
    'a token from a signal' => function () {
        $token = new Cancel();
        $since = 0.0;
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, function () use (&$token, &$since) {
            $since = microtime(true);
            $token->trigger();
        });
        foreach (['chat', 'stream'] as $face) {
            $me = getmypid();
            if (pcntl_fork() === 0) {
                usleep(50_000);
                posix_kill($me, SIGUSR1);
                posix_kill(getmypid(), SIGKILL);
            }
            $client = client('endless', totalTimeout: 10)->with(cancel: $token);
            fails(Status::Cancelled, fn () => $face === 'chat' ? $client->chat(QUESTION) : contents($client->stream(QUESTION)));
            took($since, 50);
            pcntl_wait($status);
            same(true, $token->isTriggered());
            $token = new Cancel();
        }
    },
    // PHP 8.2 frees what it should not, if the function that is interrupted is an argument of another.
    'an exception from a signal' => function () {
        [$throws, $caught, $me] = [false, 0, getmypid()];
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, function () use (&$throws) {
            if ($throws) {
                $throws = false;
                throw new Exception('stop');
            }
        });
        if (($other = pcntl_fork()) === 0) {
            while (posix_kill($me, SIGUSR1)) {
                usleep(100);
            }
            posix_kill(getmypid(), SIGKILL);
        }
        $client = client('steady', totalTimeout: 10);
        for ($try = 0; $try < 60; $try++) {
            try {
                $throws = true;
                contents($client->stream(QUESTION));
            } catch (Exception $stop) {
                $caught += $stop->getMessage() === 'stop';
            }
        }
        same(60, $caught);
        gone('steady');
        $interrupted = function (callable $work) use (&$throws) {
            try {
                try {
                    $work();
                } finally {
                    $throws = false;
                }
            } catch (Exception $stop) {
                same('stop', $stop->getMessage());
            }
        };
        $whole = implode('', array_map(fn (int $at) => str_repeat("$at ", $at ** 3 % 5000), range(1, 199)));
        for ($try = 0; $try < 40; $try++) { // of another stream, nothing is lost
            $client = client('sizes', totalTimeout: 10);
            $kept = $client->stream(QUESTION)->getIterator();
            $text = $kept->current()->content();
            for ($left = 0; $left < 10; $left++) {
                $interrupted(function () use ($client, &$throws) {
                    foreach ($client->stream(QUESTION) as $chunk) {
                        $throws = true;
                    }
                });
            }
            for ($kept->next(); $kept->valid(); $kept->next()) {
                $text .= $kept->current()->content();
            }
            same($whole, $text);
        }
        for ($try = 0; $try < 200; $try++) { // what it interrupts is freed once
            $client = client('steady', totalTimeout: 10);
            $kept = $client->stream(QUESTION)->getIterator();
            $kept->current();
            $interrupted(function () use ($client, &$throws) {
                $throws = true;
                $client->close();
                usleep(2000);
            });
        }
        $client = client('hello', totalTimeout: 10);
        for ($try = 0; $try < 2000; $try++) { // wherever it comes
            $interrupted(function () use ($client, &$throws) {
                $throws = true;
                $client->with(idleTimeout: 1.5)->chat(QUESTION);
            });
        }
        posix_kill($other, SIGKILL);
        pcntl_wait($status);
        unset($client, $kept);
        gone('steady');
    },
    // Its handle is freed once.
    'no clone of a token' => function () {
        $token = new Cancel();
        try {
            clone $token;
        } catch (\Error) {
            return;
        }
        throw new Exception('it was cloned');
    },
    'leaving' => function () {
        $client = client('endless~left');
        foreach ($client->stream(QUESTION) as $chunk) {
            break;
        }
        try {
            foreach ($client->stream(QUESTION) as $chunk) {
                throw new LogicException();
            }
        } catch (LogicException) {
        }
        $dropped = $client->stream(QUESTION)->getIterator();
        $dropped->current();
        unset($dropped);
        gone('endless~left');
    },
    'close' => function () {
        $client = client('endless');
        $stream = $client->stream(QUESTION)->getIterator();
        $stream->current();
        $client->close();
        fails(Status::Cancelled, function () use ($stream) { while ($stream->valid()) $stream->next(); });
        fails(Status::InvalidArgument, fn () => $client->chat(QUESTION));
        $client->close();
    },
    'fork' => function () use ($kept, $stream) {
        if (($child = pcntl_fork()) === 0) {
            fails(Status::Forked, fn () => $kept->chat(QUESTION));
            fails(Status::Forked, function () use ($stream) { while (true) $stream->next(); });
            same('Hello! How can I help you today?', client('hello')->chat(QUESTION)->text());
            exit(7); // with what the parent has made
        }
        pcntl_waitpid($child, $status);
        same(7, pcntl_wexitstatus($status));
        $stream->next();
        same(true, $stream->valid());
    },
]);
