<?php

// Lets the model call a function.
$place = ['type' => 'object', 'properties' => ['location' => ['type' => 'string', 'description' => 'City name']], 'required' => ['location']];
$tools = (new Dosai\Tools())->add('get_weather', 'The weather of a city, now', $place, function (string $location): array {
    return ['celsius' => 18, 'sky' => "light rain in $location"];
});

$client = new Dosai\Client();
$request = ['model' => 'dos-ai', 'messages' => [['role' => 'user', 'content' => 'What is the weather in Tokyo?']]];
echo $client->runTools($request, $tools)->text(), "\n";
