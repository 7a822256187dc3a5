<?php

// Asks many questions at once: a Fiber each, in one process.
$client = new Dosai\Client(maxInFlight: 50);
$questions = array_map(fn (int $at) => fn () => $client->chat([
    'model' => 'dos-ai', 'messages' => [['role' => 'user', 'content' => "What is $at squared?"]],
])->text(), range(0, 99));

$answers = $client->together($questions);
echo count($answers), ' answers; the first: ', $answers[0], "\n";
