package dosai

// #include "batch.h"
import "C"

import (
	"encoding/json"
	"strings"
	"time"
	"unsafe"
)

// Completion is an answer, or, in an [Error], the part of one that arrived.
type Completion struct {
	ID         string
	Object     string
	Created    int64 // Unix time; -1 if the server did not say
	Model      string
	Choices    []Choice
	Usage      Usage
	Quirks     []string // what was unusual in the answer, such as "DONE_MISSING"
	HTTPStatus int
	RequestID  string
	Attempts   []Attempt // the last one got the answer
	Timings    Timings
	JSON       json.RawMessage // the whole answer, as the server sent it, or put together from a stream
}

// Choice is one of the answers that were asked for.
type Choice struct {
	Index        int
	Message      Message
	FinishReason string // in the server's word; "" if it did not say
}

// ToolCall is a call of a function by the model. Arguments are as the model wrote them: not necessarily valid JSON.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string
}

// Usage counts tokens; -1 if the server did not say.
type Usage struct {
	PromptTokens     int64
	CompletionTokens int64
	TotalTokens      int64
	CachedTokens     int64
	ReasoningTokens  int64
}

// Attempt is one attempt to get an answer.
type Attempt struct {
	Status     Status
	HTTPStatus int           // 0 if there was no answer
	Delay      time.Duration // the wait before the next one
}

// Timings are counted from the start of the call; -1 if not reached.
type Timings struct {
	Connect          time.Duration
	FirstByte        time.Duration
	FirstToken       time.Duration
	Total            time.Duration
	ReusedConnection bool
}

// Text is the content of the first choice, or "".
func (completion *Completion) Text() string {
	if completion == nil || len(completion.Choices) == 0 {
		return ""
	}
	return completion.Choices[0].Message.Content
}

// Response is the answer to a GET or a POST.
type Response struct {
	JSON       json.RawMessage
	HTTPStatus int
	RequestID  string
	Attempts   []Attempt
	Timings    Timings
}

// text copies a text of C's.
func text(lent C.dosai_go_text) string {
	return strings.Clone(unsafe.String((*byte)(unsafe.Pointer(lent.bytes)), lent.length))
}

// raw is nil where there is none.
func raw(lent C.dosai_go_text) []byte {
	if lent.bytes == nil {
		return nil
	}
	return append([]byte{}, unsafe.Slice((*byte)(unsafe.Pointer(lent.bytes)), lent.length)...)
}

func readUsage(usage *C.dosai_usage) *Usage {
	return &Usage{int64(usage.prompt_tokens), int64(usage.completion_tokens), int64(usage.total_tokens),
		int64(usage.cached_tokens), int64(usage.reasoning_tokens)}
}

func readTimings(timings *C.dosai_timings) Timings {
	duration := func(us C.int64_t) time.Duration {
		if us < 0 {
			return -1
		}
		return time.Duration(us) * time.Microsecond
	}
	return Timings{duration(timings.connect_us), duration(timings.first_byte_us), duration(timings.first_token_us),
		duration(timings.total_us), timings.reused_connection != 0}
}

func newTimings() (timings C.dosai_timings) {
	timings.struct_size = C.uint32_t(unsafe.Sizeof(timings))
	return timings
}

func readAttempts(count C.int32_t, fill func(C.int32_t, *C.dosai_attempt)) []Attempt {
	attempts := make([]Attempt, count)
	for at := range attempts {
		var attempt C.dosai_attempt
		attempt.struct_size = C.uint32_t(unsafe.Sizeof(attempt))
		fill(C.int32_t(at), &attempt)
		delay := time.Duration(attempt.delay_ms) * time.Millisecond
		attempts[at] = Attempt{Status(attempt.status), int(attempt.http_status), delay}
	}
	return attempts
}

func readCompletion(c *C.dosai_completion) *Completion {
	part := func(which C.int) string { return text(C.dosai_go_completion_text(c, which)) }
	completion := &Completion{
		ID: part(C.GO_ID), Object: part(C.GO_OBJECT), Created: int64(C.dosai_completion_created(c)),
		Model: part(C.GO_MODEL), HTTPStatus: int(C.dosai_completion_http_status(c)), RequestID: part(C.GO_REQUEST_ID),
		JSON: raw(C.dosai_go_completion_text(c, C.GO_JSON)),
		Attempts: readAttempts(C.dosai_completion_attempt_count(c), func(at C.int32_t, into *C.dosai_attempt) {
			C.dosai_completion_attempt(c, at, into)
		}),
	}
	for at := range C.dosai_completion_choice_count(c) {
		completion.Choices = append(completion.Choices, readChoice(c, at))
	}
	var usage C.dosai_usage
	usage.struct_size = C.uint32_t(unsafe.Sizeof(usage))
	C.dosai_completion_usage(c, &usage)
	completion.Usage = *readUsage(&usage)
	timings := newTimings()
	C.dosai_completion_timings(c, &timings)
	completion.Timings = readTimings(&timings)
	for quirks, bit := C.dosai_completion_quirks(c), C.uint32_t(1); bit != 0; bit <<= 1 {
		if quirks&bit != 0 {
			completion.Quirks = append(completion.Quirks, C.GoString(C.dosai_quirk_name(bit)))
		}
	}
	return completion
}

func readChoice(c *C.dosai_completion, at C.int32_t) Choice {
	part := func(which C.int) string { return text(C.dosai_go_choice_text(c, at, which)) }
	message := Message{Role: part(C.GO_ROLE), Content: part(C.GO_CONTENT), Refusal: part(C.GO_REFUSAL),
		Reasoning: part(C.GO_REASONING), JSON: raw(C.dosai_go_choice_text(c, at, C.GO_MESSAGE_JSON))}
	for call := range C.dosai_completion_tool_call_count(c, at) {
		part := func(which C.int) string { return text(C.dosai_go_call_text(c, at, call, which)) }
		message.ToolCalls = append(message.ToolCalls, ToolCall{part(C.GO_CALL_ID), part(C.GO_CALL_NAME), part(C.GO_CALL_ARGUMENTS)})
	}
	return Choice{int(C.dosai_completion_choice_index(c, at)), message, part(C.GO_FINISH_REASON)}
}

func readResponse(c *C.dosai_response) *Response {
	response := &Response{HTTPStatus: int(C.dosai_response_http_status(c)),
		Attempts: readAttempts(C.dosai_response_attempt_count(c), func(at C.int32_t, into *C.dosai_attempt) {
			C.dosai_response_attempt(c, at, into)
		}),
	}
	var lent C.dosai_go_text
	lent.bytes = C.dosai_response_json(c, &lent.length)
	response.JSON = raw(lent)
	lent.bytes = C.dosai_response_request_id(c, &lent.length)
	response.RequestID = text(lent)
	timings := newTimings()
	C.dosai_response_timings(c, &timings)
	response.Timings = readTimings(&timings)
	return response
}
