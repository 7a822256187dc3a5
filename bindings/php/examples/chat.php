<?php

// Asks one question.
$client = new Dosai\Client();
$answer = $client->chat(['model' => 'dos-ai', 'messages' => [['role' => 'user', 'content' => 'Hello!']]]);
echo $answer->text(), "\n";
echo $answer->usage->totalTokens ?? 'unknown', " tokens\n";
