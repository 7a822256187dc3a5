<?php

// Written by scripts/declarations.py: change include/dosai.h, then run that.

declare(strict_types=1);

namespace Dosai;

enum Kind: int
{
    case Other = 0;
    case Content = 1;
    case Reasoning = 2;
    case Refusal = 3;
    case ToolCall = 4;
    case Finish = 5;
    case Usage = 6;
    case Event = 7;
}
