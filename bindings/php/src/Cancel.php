<?php

declare(strict_types=1);

namespace Dosai;

use FFI\CData;

/** A token that cancels the calls made with it, running or later ones: $client->with(cancel: $token). */
final class Cancel
{
    /** @internal */
    public readonly CData $handle;

    public function __construct()
    {
        $this->handle = Native::whole(fn () => Native::make('cancel', 'cancel_new'));
    }

    /** The handle is freed once. */
    private function __clone()
    {
    }

    public function trigger(): void
    {
        Native::library()->dosai_cancel_trigger($this->handle);
    }

    public function isTriggered(): bool
    {
        return Native::library()->dosai_cancel_is_triggered($this->handle) === 1;
    }

    public function __destruct()
    {
        Native::library()->dosai_cancel_free($this->handle);
    }
}
