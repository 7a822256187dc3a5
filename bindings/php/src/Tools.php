<?php

declare(strict_types=1);

namespace Dosai;

/** Functions that the model may call. */
final class Tools
{
    private array $functions = [];
    private array $described = [];

    /**
     * Adds a function. parameters is a JSON schema; the function gets the arguments by their names, and gives what the
     * model is told: a text, or what JSON can say.
     */
    public function add(string $name, string $description, array $parameters, callable $function): self
    {
        $this->functions[$name] = $function;
        $about = ['name' => $name, 'description' => $description] + ($parameters ? ['parameters' => $parameters] : []);
        $this->described[] = ['type' => 'function', 'function' => $about];
        return $this;
    }

    /**
     * Asks the model, runs the functions that it calls, tells it the results, and so on until it answers. What a function
     * throws is told to the model, too, and that a result is not UTF-8. The messages of the request grow by each round; the
     * answer is not among them. After maxRounds answers that still have calls, it throws TooLarge; if an answer with calls
     * was cut short, Truncated. Those calls do not run. parallel: the functions of one answer run in a Fiber each, as those
     * of Client::together().
     */
    public function run(Client $client, array &$request, int $maxRounds, bool $parallel): Completion
    {
        $choice = array_intersect_key($request, ['tool_choice' => 1]);
        for ($round = 1;; $round++) {
            $answer = $client->chat(['tools' => $this->described] + $choice + $request);
            $first = $answer->choices[0] ?? null;
            if (!$first?->message->toolCalls) {
                return $answer;
            }
            if (in_array($first->finishReason, ['length', 'content_filter'], true)) {
                throw new Error(Status::Truncated, "an answer with calls was cut short: $first->finishReason", $answer);
            }
            if ($round >= $maxRounds) {
                throw new Error(Status::TooLarge, "the model still calls functions in round $round", $answer);
            }
            $work = array_map(fn (ToolCall $call) => fn () => $this->call($call), $first->message->toolCalls);
            $results = $parallel ? $client->together($work) : array_map(fn (\Closure $one) => $one(), $work);
            array_push($request['messages'], $first->message, ...$results);
            $choice = array_map(self::unforced(...), $choice);
        }
    }

    /** The choice of the questions after the first: with a call that is forced, the model could only call again. */
    private static function unforced(mixed $choice): mixed
    {
        $read = json_decode(json_encode($choice));
        if ($read === 'required' || isset($read->function) || isset($read->custom)) {
            return 'auto';
        }
        if (($read->allowed_tools->mode ?? null) !== 'required') {
            return $choice;
        }
        $read->allowed_tools->mode = 'auto';
        return $read;
    }

    /** A class may have put anything in place of the message. */
    private static function textOf(\Throwable $error): string
    {
        try {
            return $error->getMessage();
        } catch (\Throwable) {
            return 'the function failed';
        }
    }

    private function call(ToolCall $call): array
    {
        try {
            $function = $this->functions[$call->name ?? ''] ?? throw new \Exception("there is no function $call->name");
            $arguments = trim($call->arguments ?? '') === '' ? '{}' : $call->arguments;
            if (!json_decode($arguments, false, 512, JSON_THROW_ON_ERROR) instanceof \stdClass) {
                throw new \Exception('the arguments are no object');
            }
            $result = $function(...json_decode($arguments, true));
            $text = is_string($result) ? $result : json_encode($result, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
        } catch (\Throwable $wrong) {
            $text = 'error: ' . self::textOf($wrong);
        }
        $isText = preg_match('//u', $text) === 1;
        return ['role' => 'tool', 'tool_call_id' => $call->id, 'content' => $isText ? $text : 'error: the result is not UTF-8'];
    }
}
