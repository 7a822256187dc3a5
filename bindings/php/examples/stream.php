<?php

// Streams an answer, and tells how it ended.
$client = new Dosai\Client();
$stream = $client->stream(['model' => 'dos-ai', 'messages' => [['role' => 'user', 'content' => 'Hello!']]]);
try {
    foreach ($stream as $chunk) {
        echo $chunk->content();
    }
    echo "\n", $stream->completion->choices[0]->finishReason, "\n";
} catch (Dosai\Error $error) {
    fprintf(STDERR, "%s: %s\n", $error->status->name, $error->getMessage());
    fprintf(STDERR, "What had arrived: %s\n", $error->completion?->text());
    exit(1);
}
