<?php

// For opcache.preload, with ffi.preload: see docs/how-to/php.md.
array_map(opcache_compile_file(...), glob(__DIR__ . '/src/*.php'));
