<?php

// Written by scripts/declarations.py: change include/dosai.h, then run that.

declare(strict_types=1);

namespace Dosai;

enum Clock: int
{
    case None = 0;
    case Connect = 1;
    case FirstToken = 2;
    case Idle = 3;
    case Total = 4;
}
