<?php

// Written by scripts/declarations.py: change include/dosai.h, then run that.

declare(strict_types=1);

namespace Dosai;

enum Status: int
{
    case Ok = 0;
    case InvalidArgument = -1;
    case OutOfMemory = -2;
    case Resource = -3;
    case Busy = -4;
    case Forked = -5;
    case Cancelled = -6;
    case Timeout = -7;
    case Connection = -8;
    case Tls = -9;
    case Truncated = -10;
    case Protocol = -11;
    case TooLarge = -12;
    case Redirected = -13;
    case WouldBlock = -14;
    case Proxy = -15;
    case BadRequest = -20;
    case Authentication = -21;
    case InsufficientCredits = -22;
    case Permission = -23;
    case NotFound = -24;
    case RateLimited = -25;
    case Server = -26;
    case Unavailable = -27;
    case Provider = -28;
    case Internal = -99;
}
