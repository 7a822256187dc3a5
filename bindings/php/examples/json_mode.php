<?php

// Asks for an answer of one shape.
$city = [
    'type' => 'object', 'additionalProperties' => false, 'required' => ['name', 'country', 'is_capital'],
    'properties' => ['name' => ['type' => 'string'], 'country' => ['type' => 'string'], 'is_capital' => ['type' => 'boolean']],
];

$client = new Dosai\Client();
$answer = $client->chat([
    'model' => 'dos-ai', 'messages' => [['role' => 'user', 'content' => 'Tell me about Paris.']],
    'response_format' => Dosai\Client::jsonSchema('city', $city),
]);
var_dump(json_decode($answer->text()));
