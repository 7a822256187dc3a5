package dosai

// #include "batch.h"
import "C"

import (
	"context"
	"fmt"
	"runtime/cgo"
	"runtime/debug"
	"time"
)

// CallEventKind is a point of a call's life.
type CallEventKind int32

const (
	CallStarted    CallEventKind = C.DOSAI_CALL_STARTED
	CallAttempt    CallEventKind = C.DOSAI_CALL_ATTEMPT
	CallConnected  CallEventKind = C.DOSAI_CALL_CONNECTED // and the request is about to be sent
	CallHeaders    CallEventKind = C.DOSAI_CALL_HEADERS
	CallFirstToken CallEventKind = C.DOSAI_CALL_FIRST_TOKEN // only in streams
	CallRetry      CallEventKind = C.DOSAI_CALL_RETRY       // the attempt failed, and the call waits for the next one
	CallEnded      CallEventKind = C.DOSAI_CALL_ENDED
)

// String is the name of the kind, such as "RETRY".
func (kind CallEventKind) String() string {
	return nameOf("CallEventKind", int32(kind), "", "STARTED", "ATTEMPT", "CONNECTED", "HEADERS", "FIRST_TOKEN", "RETRY", "ENDED")
}

// CallEvent is what has happened to a call: no text of the conversation, no key, no header but the request id.
type CallEvent struct {
	Kind          CallEventKind
	Method        string
	Host          string // of the base URL, with its port if that is written there
	Path          string // without a query
	Model         string // that a chat asks for, as its JSON writes it
	RequestID     string // "" until it has arrived
	Attempt       int    // from 1; 0 before the first
	IsStream      bool
	Status        Status // of CallRetry and CallEnded
	HTTPStatus    int    // 0: none has arrived in this attempt
	Delay         time.Duration
	SentBytes     int64 // the body of the request
	ReceivedBytes int64 // the bodies of this attempt's response, as they came; of CallRetry and CallEnded
	EventCount    int64 // of the stream so far
	Usage         Usage // so far, without the total
	Timings       Timings
}

// observer is used while the loop is locked.
type observer struct {
	onEvent  func(context.Context, CallEvent)
	starting context.Context // of the call that is made now
	contexts map[C.uintptr_t]context.Context
	handle   cgo.Handle // 0: nobody wants to know
}

func (o *observer) free() {
	if o.handle != 0 {
		o.handle.Delete()
	}
}

//export dosai_go_tell
func dosai_go_tell(event *C.dosai_call_event, handle C.uintptr_t) {
	hasReturned := false
	defer func() {
		if hasReturned {
			return
		}
		value := recover()
		if value == nil {
			value = "OnEvent ended its goroutine" // by runtime.Goexit, which must not leave C behind
		}
		go panic(fmt.Errorf("%v\n\n%s", value, debug.Stack())) // not here, where C is on the stack
		select {}                                              // until that has ended the process
	}()
	o := cgo.Handle(handle).Value().(*observer)
	kind := CallEventKind(event.kind)
	if kind == CallStarted {
		o.contexts[event.call] = o.starting
	}
	ctx := o.contexts[event.call]
	if kind == CallEnded {
		delete(o.contexts, event.call)
	}
	o.onEvent(ctx, CallEvent{
		Kind: kind, Method: C.GoString(event.method), Host: C.GoString(event.host), Path: C.GoString(event.path),
		Model: C.GoString(event.model), RequestID: C.GoString(event.request_id), Attempt: int(event.attempt),
		IsStream: event.is_stream != 0, Status: Status(event.status), HTTPStatus: int(event.http_status),
		Delay:     time.Duration(event.delay_ms) * time.Millisecond,
		SentBytes: int64(event.sent_bytes), ReceivedBytes: int64(event.received_bytes), EventCount: int64(event.event_count),
		Usage: Usage{int64(event.prompt_tokens), int64(event.completion_tokens), -1, int64(event.cached_tokens),
			int64(event.reasoning_tokens)},
		Timings: readTimings(event.timings),
	})
	hasReturned = true
}
