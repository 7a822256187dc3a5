<?php

declare(strict_types=1);

/** php-fpm with two workers, as Debian configures it, and requests to it. */
final class Fpm
{
    private string $folder;
    private $process;

    public function __construct(string $pool, string ...$settings)
    {
        $this->folder = sys_get_temp_dir() . '/dosai-fpm-' . bin2hex(random_bytes(6));
        mkdir($this->folder, 0700);
        $user = posix_getpwuid(posix_geteuid())['name'];
        file_put_contents("$this->folder/conf", "[global]\nerror_log = $this->folder/log\n[www]\nuser = $user\n" .
            "listen = $this->folder/socket\npm = static\npm.max_children = 2\n$pool");
        $options = array_merge(...array_map(fn ($one) => ['-d', $one], ['output_buffering=0', 'opcache.enable=1', ...$settings]));
        $this->process = proc_open(['timeout', '100', glob('/usr/sbin/php-fpm*')[0], '-F', '-R', '-y', "$this->folder/conf", ...$options],
            [STDIN, ['file', "$this->folder/output", 'w'], ['redirect', 1]], $pipes, null,
            ['LD_LIBRARY_PATH' => dirname(__DIR__, 4) . '/build/lib'] + getenv());
        for ($tries = 0; !file_exists("$this->folder/socket"); $tries++) {
            if ($tries === 1000) {
                throw new Exception('php-fpm does not start: ' . $this->log());
            }
            usleep(10_000);
        }
    }

    /** Begins a request: its process, and what it says. */
    public function begin(string $script, array $more = []): array
    {
        $process = proc_open(['cgi-fcgi', '-bind', '-connect', "$this->folder/socket"], [STDIN, ['pipe', 'w'], ['file', "$this->folder/errors", 'a']],
            $pipes, null,
            ['SCRIPT_FILENAME' => __DIR__ . '/page.php', 'REQUEST_METHOD' => 'GET', ...$more,
             'DOSAI_TEST_BASE' => str_replace('NAME', $script, getenv('DOSAI_TEST_URL'))] + getenv());
        return [$process, $pipes[1]];
    }

    /** What the page says of itself, once it has said all of the answer. */
    public function end(array $begun, string $wanted): object
    {
        [$process, $output] = $begun;
        $said = stream_get_contents($output);
        proc_close($process);
        [, $body] = explode("\r\n\r\n", $said, 2) + [1 => "nothing\n"];
        [$answer, $about] = explode("\n", $body, 2) + [1 => ''];
        if ($answer !== $wanted || !($about = json_decode($about))) {
            throw new Exception("$said\n" . $this->log());
        }
        return $about;
    }

    public function log(): string
    {
        return implode('', array_map('file_get_contents', glob("$this->folder/{log,output,errors}", GLOB_BRACE)));
    }

    public function __destruct()
    {
        proc_terminate($this->process);
        proc_close($this->process);
        array_map('unlink', glob("$this->folder/*"));
        rmdir($this->folder);
    }
}
