<?php

declare(strict_types=1);

// In php-fpm, in both ways that allow FFI in its requests.
require __DIR__ . '/support.php';
require __DIR__ . '/fpm/fpm.php';

const HELLO = 'Hello! How can I help you today?';
const ALLOWED = "php_admin_value[ffi.enable] = 1\n";

/** So many requests, four at once: what the page says of each. */
function pages(Fpm $fpm, int $count): array
{
    $found = [];
    for ($left = $count; $left > 0; $left -= 4) {
        $begun = array_map(fn () => $fpm->begin('hello'), range(1, min(4, $left)));
        array_push($found, ...array_map(fn ($one) => $fpm->end($one, HELLO), $begun));
    }
    return $found;
}

function workers(array $pages): array
{
    return array_count_values(array_column($pages, 'worker'));
}

tests([
    'preloaded' => function () {
        $source = dirname(__DIR__);
        $user = posix_getpwuid(posix_geteuid())['name'];
        $fpm = new Fpm('', "ffi.preload=$source/src/dosai.h", "opcache.preload=$source/preload.php", "opcache.preload_user=$user");
        $pages = pages($fpm, 40);
        same([true, 2], [$pages[0]->isPreloaded, count(workers($pages))]);
    },
    'allowed in a pool' => function () {
        $fpm = new Fpm(ALLOWED);
        $pages = pages($fpm, 40);
        same([false, 2], [$pages[0]->isPreloaded, count(workers($pages))]);
        $fpm->end($fpm->begin('hello', ['DOSAI_TEST_WAIT' => 'yes']), 'Resource');
    },
    'workers that end, and new ones' => function () {
        $workers = workers(pages(new Fpm(ALLOWED . "pm.max_requests = 5\n"), 40));
        same([true, 5], [count($workers) >= 8, max($workers)]);
    },
    'a worker that is killed, and a visitor who leaves' => function () {
        $fpm = new Fpm(ALLOWED);
        $worker = pages($fpm, 1)[0]->worker;
        $begun = [$fpm->begin('steady'), $fpm->begin('steady')];
        array_map(fn ($one) => stream_get_line($one[1], 99, '1 '), $begun);
        posix_kill($worker, SIGKILL);
        array_map(fn ($one) => proc_terminate($one[0], SIGKILL), $begun);
        gone('steady');
        $after = workers(pages($fpm, 40));
        same([2, false], [count($after), isset($after[$worker])]);
    },
    'a request over the memory limit' => function () {
        $fpm = new Fpm(ALLOWED);
        [$process, $output] = $fpm->begin('steady~waste', ['DOSAI_TEST_WASTE' => 'yes']);
        same(true, str_starts_with(explode("\r\n\r\n", stream_get_contents($output), 2)[1], '0 '));
        proc_close($process);
        gone('steady~waste');
    },
    'memory' => function () {
        $fpm = new Fpm(ALLOWED);
        $seen = [];
        foreach (pages($fpm, 480) as $page) {
            $seen[$page->worker][] = $page->resident;
        }
        same(2, count($seen));
        foreach ($seen as $resident) {
            $grown = end($resident) - $resident[20];
            echo count($resident), ' requests: ', end($resident) >> 10, ' KB, grown by ', $grown >> 10, " KB\n";
            same(true, $grown < 256 << 10);
        }
    },
]);
