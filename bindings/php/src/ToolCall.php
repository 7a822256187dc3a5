<?php

declare(strict_types=1);

namespace Dosai;

/** A call of a function by the model. The arguments are as it wrote them: not necessarily valid JSON. */
final class ToolCall
{
    public function __construct(public readonly ?string $id, public readonly ?string $name, public readonly ?string $arguments)
    {
    }
}
