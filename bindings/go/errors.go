package dosai

// #include "batch.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Status says how a call ended. It is an error too, so that errors.Is(err, dosai.RateLimited) asks for one.
type Status int32

const (
	OK                  Status = C.DOSAI_OK
	InvalidArgument     Status = C.DOSAI_INVALID_ARGUMENT
	OutOfMemory         Status = C.DOSAI_OUT_OF_MEMORY
	Resource            Status = C.DOSAI_RESOURCE
	Busy                Status = C.DOSAI_BUSY
	Forked              Status = C.DOSAI_FORKED
	Cancelled           Status = C.DOSAI_CANCELLED
	Timeout             Status = C.DOSAI_TIMEOUT
	Connection          Status = C.DOSAI_CONNECTION
	TLS                 Status = C.DOSAI_TLS
	Truncated           Status = C.DOSAI_TRUNCATED
	Protocol            Status = C.DOSAI_PROTOCOL
	TooLarge            Status = C.DOSAI_TOO_LARGE
	Redirected          Status = C.DOSAI_REDIRECTED
	Proxy               Status = C.DOSAI_PROXY
	BadRequest          Status = C.DOSAI_BAD_REQUEST
	Authentication      Status = C.DOSAI_AUTHENTICATION
	InsufficientCredits Status = C.DOSAI_INSUFFICIENT_CREDITS
	Permission          Status = C.DOSAI_PERMISSION
	NotFound            Status = C.DOSAI_NOT_FOUND
	RateLimited         Status = C.DOSAI_RATE_LIMITED
	Server              Status = C.DOSAI_SERVER
	Unavailable         Status = C.DOSAI_UNAVAILABLE
	Provider            Status = C.DOSAI_PROVIDER
	Internal            Status = C.DOSAI_INTERNAL
)

// String is the name of the status, such as "RATE_LIMITED".
func (status Status) String() string { return C.GoString(C.dosai_status_name(C.dosai_status(status))) }

func (status Status) Error() string { return status.String() }

// Clock is the one that ran out, of a Timeout.
type Clock int32

const (
	ClockNone       Clock = C.DOSAI_CLOCK_NONE
	ClockConnect    Clock = C.DOSAI_CLOCK_CONNECT
	ClockFirstToken Clock = C.DOSAI_CLOCK_FIRST_TOKEN
	ClockIdle       Clock = C.DOSAI_CLOCK_IDLE
	ClockTotal      Clock = C.DOSAI_CLOCK_TOTAL
)

// String is the name of the clock, such as "FIRST_TOKEN".
func (clock Clock) String() string {
	return nameOf("Clock", int32(clock), "NONE", "CONNECT", "FIRST_TOKEN", "IDLE", "TOTAL")
}

func nameOf(kind string, number int32, names ...string) string {
	if number < 0 || int(number) >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, number)
	}
	return names[number]
}

// Error is what every failed call returns, for errors.As. Of a call that a context ended, the status is Cancelled, and
// errors.Is finds the context's error, and its cause.
type Error struct {
	Status     Status
	Message    string
	HTTPStatus int    // of the last attempt; 0 if it got no answer
	Code       string // the server's, as Type and Param
	Type       string
	Param      string
	RequestID  string
	Body       []byte // the first 64 KiB of the response, or the event that told the error; nil if there is none
	Clock      Clock
	RetryAfter time.Duration // what the server asks for; -1 if nothing
	Retryable  bool          // to repeat the call may help
	Attempts   []Attempt
	Completion *Completion // what had arrived; of a cancelled stream, maybe more than was read; nil if nothing
	Timings    Timings
	cause      error
	ended      error // of the context
}

func (err *Error) Error() string { return err.Status.String() + ": " + err.Message }

func (err *Error) Unwrap() error { return err.cause }

// Is makes errors.Is find the status, and the context's error.
func (err *Error) Is(target error) bool {
	return target == error(err.Status) || errors.Is(err.ended, target)
}

// Timeout is what net.Error has.
func (err *Error) Timeout() bool {
	return err.Status == Timeout || err.ended == context.DeadlineExceeded
}

func failed(status Status, message string, cause error) *Error {
	return &Error{Status: status, Message: message, RetryAfter: -1, Timings: Timings{-1, -1, -1, -1, false}, cause: cause}
}

func cancelled(ctx context.Context) *Error {
	err := failed(Cancelled, "the call was cancelled", context.Cause(ctx))
	err.ended = ctx.Err()
	return err
}

// takeError reads an error, and frees it.
func takeError(status C.dosai_status, c *C.dosai_error) *Error {
	defer C.dosai_error_free(c)
	return readError(status, c)
}

// readError reads an error. NULL: there was no memory for it.
func readError(status C.dosai_status, c *C.dosai_error) *Error {
	if c == nil {
		return failed(Status(status), Status(status).String(), nil)
	}
	part := func(which C.int) C.dosai_go_text { return C.dosai_go_error_text(c, which) }
	err := &Error{
		Status: Status(status), Message: text(part(C.GO_MESSAGE)), HTTPStatus: int(C.dosai_error_http_status(c)),
		Code: text(part(C.GO_CODE)), Type: text(part(C.GO_TYPE)), Param: text(part(C.GO_PARAM)),
		RequestID: text(part(C.GO_ERROR_REQUEST_ID)), Body: raw(part(C.GO_BODY)), Clock: Clock(C.dosai_error_clock(c)),
		RetryAfter: -1, Retryable: C.dosai_error_is_retryable(c) != 0,
		Attempts: readAttempts(C.dosai_error_attempt_count(c), func(at C.int32_t, into *C.dosai_attempt) {
			C.dosai_error_attempt(c, at, into)
		}),
	}
	if after := C.dosai_error_retry_after_ms(c); after >= 0 {
		err.RetryAfter = time.Duration(after) * time.Millisecond
	}
	timings := newTimings()
	C.dosai_error_timings(c, &timings)
	err.Timings = readTimings(&timings)
	if completion := C.dosai_error_completion(c); completion != nil {
		err.Completion = readCompletion(completion)
	}
	return err
}
