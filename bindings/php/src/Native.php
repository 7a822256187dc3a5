<?php

declare(strict_types=1);

namespace Dosai;

use FFI;
use FFI\CData;

/** @internal The library's functions, and what it takes to call them. */
final class Native
{
    /** Fields that are no options: the sizes that are told here, and functions. */
    private const NO_OPTION = '/^(struct_size|reserved|on_.*)$|_(fn|user_data|count|length)$/';

    private static ?FFI $library = null;

    public static function library(): FFI
    {
        return self::$library ??= self::load();
    }

    private static function load(): FFI
    {
        try {
            return FFI::scope('DOSAI'); // by ffi.preload
        } catch (FFI\Exception) {
        }
        $built = dirname(__DIR__, 3) . '/build/lib/libdosai.so.0';
        $path = getenv('DOSAI_LIBRARY') ?: (is_file($built) ? $built : 'libdosai.so.0');
        $library = FFI::cdef(preg_replace('~^(#|//).*~m', '', file_get_contents(__DIR__ . '/dosai.h')), $path);
        if (intdiv($library->dosai_version_number(), 10000) !== 0) {
            throw new \RuntimeException("dosai: $path is of another version than this package");
        }
        return $library;
    }

    /**
     * Does the work before any handler of a signal runs. One that throws would lose what C has given; and if it runs where
     * an argument comes from a function or a condition, PHP 8.2 frees an argument that has not been passed.
     */
    public static function whole(#[\SensitiveParameter] \Closure $work): mixed
    {
        $isAsync = function_exists('pcntl_async_signals') && pcntl_async_signals();
        try {
            if ($isAsync) {
                pcntl_async_signals(false);
            }
            $made = $work();
        } finally {
            if ($isAsync) {
                pcntl_async_signals(true);
                pcntl_signal_dispatch();
            }
        }
        return $made; // if `finally` throws, PHP does not destroy what was returned before
    }

    /** A text that C lends. */
    public static function text(?CData $text, int $length): ?string
    {
        return $text === null ? null : FFI::string($text, $length);
    }

    /** The text that a getter gives. */
    public static function ask(string $getter, CData $of, int|string ...$more): ?string
    {
        $length = self::library()->new('size_t');
        return self::text(self::library()->{"dosai_$getter"}($of, ...[...$more, FFI::addr($length)]), $length->cdata);
    }

    /** Calls what makes a handle. To be called in whole(). */
    public static function make(string $kind, string $function, #[\SensitiveParameter] mixed ...$arguments): CData
    {
        $c = self::library();
        [$out, $error] = [$c->new("dosai_$kind *"), $c->new('dosai_error *')];
        self::check($c->{"dosai_$function"}(...[...$arguments, FFI::addr($out), FFI::addr($error)]), $error);
        return $out;
    }

    public static function check(int $status, CData $error): void
    {
        if ($status === 0) {
            return;
        }
        $message = Status::tryFrom($status)?->name ?? "status $status";
        $kind = Status::tryFrom($status) ?? Status::Internal;
        try {
            throw self::whole(fn () => FFI::isNull($error) ? new Error($kind, $message) : Error::read($error));
        } finally {
            self::library()->dosai_error_free($error);
        }
    }

    /** A struct that a getter fills in. */
    public static function filled(string $struct, string $getter, mixed ...$arguments): CData
    {
        $made = self::library()->new("dosai_$struct");
        $made->struct_size = FFI::sizeof($made);
        self::library()->{"dosai_$getter"}(...[...$arguments, FFI::addr($made)]);
        return $made;
    }

    /** A C string, for a field of a struct. */
    public static function string(#[\SensitiveParameter] string $text): CData
    {
        if (str_contains($text, "\0")) {
            throw new \ValueError('dosai: a text has a NUL in it');
        }
        $made = self::library()->new('char[' . strlen($text) + 1 . ']');
        FFI::memcpy($made, $text, strlen($text));
        return $made;
    }

    /**
     * A struct of options, and what must live as long. idleTimeout: 1.5 sets idle_timeout_ms to 1500, INF to -1; null is
     * the default.
     *
     * @return array{CData, CData[]}
     */
    public static function options(string $name, #[\SensitiveParameter] array $values): array
    {
        return self::whole(fn () => self::filledIn($name, $values));
    }

    private static function filledIn(string $name, #[\SensitiveParameter] array $values): array
    {
        $made = self::library()->new("dosai_$name");
        self::library()->{"dosai_{$name}_init"}(FFI::addr($made), FFI::sizeof($made));
        $known = array_flip(FFI::typeof($made)->getStructFieldNames());
        $kept = [];
        foreach ($values as $key => $value) {
            $field = strtolower(preg_replace('/(?<=[a-z1])[A-Z]/', '_$0', (string) $key));
            $isTime = isset($known[$field . '_ms']);
            if (!$isTime && (!isset($known[$field]) || preg_match(self::NO_OPTION, $field))) {
                throw new \ValueError("dosai: unknown option: $key");
            }
            if ($value === null) {
                continue;
            }
            if ($isTime) {
                [$field, $value] = [$field . '_ms', $value < 0 || $value === INF ? -1 : ceil($value * 1000)];
            }
            self::set($made, $field, $value, $kept);
        }
        return [$made, $kept];
    }

    private static function set(
        #[\SensitiveParameter] CData $struct,
        string $field,
        #[\SensitiveParameter] mixed $value,
        #[\SensitiveParameter] array &$kept,
    ): void {
        $isAddress = FFI::typeof($struct)->getStructFieldType($field)->getKind() === FFI\CType::TYPE_POINTER;
        $isOfItsType = match (true) { // FFI takes an address even for a number
            $field === 'headers' => is_array($value),
            $field === 'cancel' => $value instanceof Cancel,
            default => is_scalar($value) && is_string($value) === $isAddress,
        };
        if (!$isOfItsType) {
            throw new \ValueError("dosai: $field is of a wrong type: " . get_debug_type($value));
        }
        if (is_array($value)) {
            $lines = [];
            foreach ($value as $key => $line) {
                $lines[] = self::string(is_int($key) ? $line : "$key: $line");
            }
            $list = self::library()->new('char *[' . max(1, count($lines)) . ']');
            foreach ($lines as $at => $line) {
                $list[$at] = FFI::addr($line[0]);
            }
            array_push($kept, $list, ...$lines);
            $struct->headers = self::library()->cast('const char *const *', FFI::addr($list[0]));
            $struct->header_count = count($lines);
        } elseif (is_string($value)) {
            $kept[] = $text = self::string($value);
            $struct->$field = FFI::addr($text[0]);
            if ($field === 'ca_pem') {
                $struct->ca_pem_length = strlen($value);
            }
        } elseif ($value instanceof Cancel) {
            $kept[] = $value;
            $struct->cancel = $value->handle;
        } else {
            $isWhole = !is_float($value) || fmod($value, 1) === 0.0 && abs($value) < 2 ** 63;
            $struct->$field = $number = $isWhole ? (int) $value : 0;
            if (!$isWhole || $struct->$field !== $number) {
                throw new \ValueError("dosai: $field is out of range");
            }
        }
    }
}
