<?php

declare(strict_types=1);

require __DIR__ . '/support.php';

use Dosai\{Cancel, Client, Clock, Kind, Status, Tools};

tests([
    // Sizes and offsets as the compiler of C has them.
    'layout' => function () {
        $c = Dosai\Native::library();
        $structs = json_decode(file_get_contents(__DIR__ . '/../../../abi/dosai.json'))->structs;
        foreach ($structs as $name => $told) {
            $type = $c->type($name);
            same($told->size, $type->getSize());
            same(array_column($told->fields, 'name'), $type->getStructFieldNames());
            foreach ($told->fields as $field) {
                same([$field->offset, $field->size], [$type->getStructFieldOffset($field->name), $type->getStructFieldType($field->name)->getSize()]);
            }
        }
        same(9, count((array) $structs));
    },
    'chat' => function () {
        $client = client('echo');
        $answer = $client->with(headers: ['x-own' => 'yes'])->chat(QUESTION + ['seed' => 0, 'top_p' => 1.0]);
        same('{"model":"m","messages":[{"role":"user","content":"Hello!"}],"seed":0,"top_p":1.0}', $answer->text());
        same(['req-1', 200, 21, null], [$answer->requestId, $answer->httpStatus, $answer->usage->totalTokens, $answer->usage->cachedTokens]);
        same([Status::Ok], array_column($answer->attempts, 'status'));
        same('stop', $answer->choices[0]->finishReason);
        same(true, $answer->timings->total > 0 && isset(json_decode($answer->json)->usage));
        $again = ['messages' => [QUESTION['messages'][0], $answer->choices[0]->message]];
        $message = $answer->choices[0]->message;
        same(true, str_contains($client->chat($again)->text(), ',' . $message->json . ']'));
        foreach ([['input' => [$message]], [$message], ['item' => $message], ['messages' => ['one' => [$message]]]] as $body) {
            $sent = json_decode(json_decode($client->post('/responses', $body)->json)->body);
            while (!isset($sent->role)) {
                $sent = current((array) $sent);
            }
            same(json_encode(json_decode($message->json)), json_encode($sent));
        }
        fails(Status::InvalidArgument, fn () => $client->chat('[]'));
        fails(Status::InvalidArgument, fn () => $client->chat(['model' => "\xff"]));
    },
    'options' => function () {
        $many = [['maxRetries' => INF], ['maxRetries' => NAN], ['maxRetries' => 1e300], ['requestsPerMinute' => 0.5], ['idleTimeout' => NAN],
            ['idleTimeout' => 1e300], ['totalTimeout' => 2.0 ** 62]]; // which PHP casts to 0, or to anything
        array_push($many, ['organization' => ['X: y']], ['organization' => new Cancel()], ['organization' => 12345], ['headers' => 'X: y'], ['cancel' => 'X'],
            ['caPemLength' => 5], ['headerCount' => 5], ['maxRetries' => [1]], ['maxRetries' => new stdClass()], ['maxRetries' => 'a']);
        foreach ([['nothing' => 1], ['onLog' => 1], ['maxRetries' => 1 << 33], ['userAgent' => "a\0b"], ...$many] as $wrong) {
            try {
                client('hello', ...$wrong);
            } catch (ValueError) {
                continue;
            }
            throw new Exception('it was taken: ' . var_export($wrong, true));
        }
        foreach ([[0.0001, 1], [1.5, 1500], [0, 0], [-0.5, -1], [-INF, -1], [INF, -1]] as [$seconds, $ms]) {
            same($ms, Dosai\Native::options('call_options', ['idleTimeout' => $seconds])[0]->idle_timeout_ms);
        }
        fails(Status::InvalidArgument, fn () => new Client(baseUrl: 'nonsense'));
        fails(Status::InvalidArgument, fn () => new Client(maxInFlight: -2));
        same([], (new Client(apiKey: 'secret'))->__debugInfo());
        ini_set('zend.exception_ignore_args', '0'); // PHP's default, without a php.ini
        $secret = ['headers' => ['Authorization' => 'secret'], 'idleTimeout' => NAN];
        foreach ([['timeout' => 1], ['baseUrl' => 'https://user:secret@host'], ['clientKeyPassword' => "secret\0"], $secret] as $wrong) {
            try {
                new Client(...['apiKey' => 'secret', ...$wrong]);
            } catch (Throwable $error) {
                same(false, str_contains($error . print_r($error->getTrace(), true), 'secret'));
                continue;
            }
            throw new Exception('it was taken: ' . var_export($wrong, true));
        }
        try {
            (new Client())->with(['maxRetries' => 3]); // it would be a header
            throw new Exception('options without names were taken');
        } catch (TypeError) {
        }
        try {
            (new Client())->with(...$secret);
        } catch (Throwable $error) {
            same(false, str_contains($error . print_r($error->getTrace(), true), 'secret'));
        }
        ini_set('zend.exception_ignore_args', '1');
    },
    'stream' => function () {
        $stream = client('hello')->stream(QUESTION);
        same('Hello! How can I help you today?', contents($stream));
        same('Hello! How can I help you today?', $stream->completion->text());
        fails(Status::InvalidArgument, fn () => contents($stream));
    },
    'a slow reader beside a fast one' => function () {
        $client = client('many');
        $slow = $client->stream(QUESTION)->getIterator();
        $text = $slow->current()->content();
        $before = memory_get_usage();
        $all = contents($client->stream(QUESTION));
        same(true, memory_get_usage() - $before < 8 << 20); // of 20 MB that are unread
        for ($slow->next(); $slow->valid(); $slow->next()) {
            $text .= $slow->current()->content();
        }
        same(true, $text === $all && str_ends_with($all, ' 19999 '));
    },
    'errors' => function () {
        $error = fails(Status::RateLimited, fn () => client('limited')->chat(QUESTION));
        same([429, true, Clock::None, null, 1], [$error->httpStatus, $error->isRetryable, $error->clock, $error->completion, count($error->attempts)]);
        same(true, $error->getMessage() !== '' && $error->body !== null);
        $error = fails(Status::Truncated, fn () => contents(client('half')->stream(QUESTION)));
        same('0 1 2 ', $error->completion->text());
        $error = fails(Status::Timeout, fn () => contents(client('endless', idleTimeout: 0.05)->stream(QUESTION)));
        same(Clock::Idle, $error->clock);
    },
    'other endpoints' => function () {
        $client = client('echo');
        same('GET', json_decode($client->get('/models')->json)->method);
        same('{"n":1}', json_decode($client->post('/embeddings', ['n' => 1])->json)->body);
        $bodies = ['{}' => [], '[1,{"a":2}]' => [1, ['a' => 2]], '{"messages":"hi","5":null}' => ['messages' => 'hi', 5 => null],
            '{"messages":null}' => ['messages' => null], '{"messages":{"a":[{}]},"n":1}' => ['messages' => ['a' => [(object) []]], 'n' => 1]];
        foreach ($bodies as $json => $body) {
            same($json, json_decode($client->post('/embeddings', $body)->json)->body);
        }
        fails(Status::InvalidArgument, fn () => $client->post('/embeddings', ["\xff" => 1]));
        $said = [];
        foreach (client('events')->with(lastEvent: 'end')->postStream('/responses', ['stream' => true]) as $chunk) {
            $said[] = [$chunk->kind, $chunk->eventType, $chunk->text, $chunk->eventId];
        }
        same([[Kind::Event, 'said', '{}', '4'], [Kind::Event, 'end', '{}', '4']], $said);
    },
    'tools' => function () {
        $sum = fn (int $a, int $b) => ['sum' => $a + $b];
        $fail = fn () => throw new Exception('no luck');
        $tools = (new Tools())->add('add', 'Adds', ['type' => 'object'], $sum)->add('fail', 'Fails', [], $fail);
        $request = QUESTION + ['tool_choice' => 'required'];
        $answer = client('model')->runTools($request, $tools);
        same('{"sum":3}|error: no luck|error: there is no function nobody|error: the arguments are no object', $answer->text());
        same(6, count($request['messages']));
        same(1, json_decode($request['messages'][1]->json)->own);
        $request = QUESTION;
        $error = fails(Status::TooLarge, function () use (&$request, $tools) { client('model')->runTools($request, $tools, 1); });
        same(4, count($error->completion->choices[0]->message->toolCalls));
        $request = ['model' => 'zero'] + QUESTION;
        $told = client('model')->runTools($request, $tools)->text();
        same('error: the arguments are no object', explode('|', $told)[3]);
    },
    // The answer is the second question.
    'a forced call' => function () {
        $tools = (new Tools())->add('add', '', [], fn (mixed ...$given) => '');
        foreach (explode("\n", trim(getenv('DOSAI_TEST_CHOICES'))) as $line) {
            [$first, $second] = explode("\t", $line);
            foreach ([true, false] as $isArray) {
                $choice = json_decode($first, $isArray);
                $request = QUESTION + ['tool_choice' => $choice];
                $sent = json_decode(client('forced')->runTools($request, $tools)->text(), true);
                same(json_decode($second, true), $sent['tool_choice'] ?? 'auto');
                same([$choice, $first], [$request['tool_choice'], json_encode($request['tool_choice'])]);
            }
        }
        $request = QUESTION;
        same(false, str_contains(client('echo')->runTools($request, $tools)->text(), 'tool_choice'));
    },
    // The model is told of it, and the loop goes on.
    'a result that is not UTF-8' => function () {
        $tools = (new Tools())->add('add', '', [], fn (mixed ...$given) => "caf\xe9")->add('fail', '', [], fn () => throw new Exception("\xff"));
        foreach ([false, true] as $parallel) {
            $request = QUESTION;
            $told = explode('|', client('model')->runTools($request, $tools, 10, $parallel)->text());
            same(array_fill(0, 2, 'error: the result is not UTF-8'), array_slice($told, 0, 2));
            same(6, count($request['messages']));
        }
    },
    'an error without a text' => function () {
        $fail = fn () => throw new class extends Exception {
            public function __construct()
            {
                $this->message = new stdClass();
            }
        };
        $request = QUESTION;
        $told = client('model')->runTools($request, (new Tools())->add('fail', '', [], $fail))->text();
        same('error: the function failed', explode('|', $told)[1]);
    },
    // Two functions of one answer, and one beside the tool loop: each waits until all have begun.
    'tools at once' => function () {
        $model = client('model');
        $meet = function (int $wanted, int &$begun, callable $wait) {
            $begun++;
            for ($late = microtime(true) + 20; $begun < $wanted && microtime(true) < $late;) {
                $wait();
            }
            return $begun === $wanted ? 'met' : 'alone';
        };
        $ask = function (int $wanted, int &$begun, callable $wait) use ($model, $meet) {
            $request = QUESTION;
            $add = function (int $a, int $b) use ($meet, $wanted, &$begun, $wait) { return $meet($wanted, $begun, $wait); };
            $fail = function () use ($meet, $wanted, &$begun, $wait) { return $meet($wanted, $begun, $wait); };
            return $model->runTools($request, (new Tools())->add('add', '', [], $add)->add('fail', '', [], $fail), parallel: true)->text();
        };
        $met = 'met|met|error: there is no function nobody|error: the arguments are no object';
        $chat = fn () => $model->chat(QUESTION);
        foreach ([$chat, fn () => Fiber::suspend(), fn () => Fiber::suspend(5)] as $wait) {
            $begun = 0;
            same($met, $ask(2, $begun, $wait));
            $begun = 0;
            $beside = function () use ($meet, $chat, &$begun, $wait) {
                $chat();
                return $meet(3, $begun, $wait);
            };
            $inside = function () use ($ask, &$begun, $wait) { return $ask(3, $begun, $wait); };
            same([$met, 'met'], $model->together([$inside, $beside]));
        }
    },
    'together' => function () {
        $client = client('echo', maxInFlight: 20);
        $ask = fn (int $at) => fn () => json_decode($client->chat(['model' => "m$at"])->text())->model . contents($client->stream(QUESTION))[0];
        same(array_map(fn ($at) => "m$at{", range(0, 99)), $client->together(array_map($ask, range(0, 99))));
        $endless = client('endless');
        $wait = fn () => contents($endless->stream(QUESTION));
        try {
            $endless->together([$wait, fn () => throw new LogicException('mine'), $wait]);
        } catch (LogicException $mine) {
            same('mine', $mine->getMessage());
        }
    },
    'wait' => function () {
        $waits = 0;
        $select = function ($descriptor) use (&$waits) {
            [$readable, $none] = [[$descriptor], null];
            $waits += stream_select($readable, $none, $none, 10);
        };
        same('Hello! How can I help you today?', client('hello', wait: $select)->chat(QUESTION)->text());
        same(true, $waits > 0);
    },
]);
