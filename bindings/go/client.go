// Package dosai is a client of Chat Completions, on libdosai: streams, cancelling by contexts, tools, and answers that
// are never called complete when they are not.
//
//	client, err := dosai.NewClient(dosai.Options{})
//	...
//	for chunk, err := range client.Stream(ctx, dosai.Request{Model: "dos-ai", Messages: messages}).All() {
//
// Any number of goroutines may use a client. All its calls run on one loop, which waits in Go's own poller: a goroutine
// that waits for an answer holds no thread, and there is no other goroutine.
package dosai

// #cgo LDFLAGS: -ldosai
// #include <stdlib.h>
// #include "batch.h"
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/cgo"
	"strings"
	"time"
	"unsafe"
)

// Options of a client. A zero value is the default, which dosai.h states; a negative number or duration disables: no
// retry, no timeout, no limit.
type Options struct {
	BaseURL               string // "": DOSAI_BASE_URL from the environment, or DOS AI
	APIKey                string // "": DOSAI_API_KEY from the environment
	APIKeyHeader          string // "": "Authorization: Bearer KEY"; else a header whose value is the key, such as "api-key"
	Organization          string
	Project               string
	UserAgent             string
	Headers               []string // "Name: value"
	CAFile                string
	CAPEM                 string
	ClientCertificateFile string
	ClientKeyFile         string
	ClientKeyPassword     string
	Proxy                 string
	UnixSocket            string

	MaxRetries        int
	ConnectTimeout    time.Duration
	FirstTokenTimeout time.Duration
	IdleTimeout       time.Duration
	TotalTimeout      time.Duration
	KeepAliveTimeout  time.Duration

	MaxEventBytes    int64
	MaxResponseBytes int64
	MaxTextBytes     int64
	MaxHeaderBytes   int64
	MaxJSONNodes     int
	MaxJSONDepth     int
	MaxChoices       int
	MaxToolCalls     int
	MaxRedirects     int

	AllowInsecureHTTP    bool
	ProxyFromEnvironment bool
	HTTP1Only            bool
	RequestsPerMinute    int64 // see "Rates" in dosai.h. 0: no rate
	TokensPerMinute      int64
	MaxInFlight          int // how many calls run at once; the others wait in turn. 0: no limit

	// OnEvent is told each point of a call's life, with the call's context. It delays all calls of the client: return
	// soon, and do not use the client. A panic in it ends the process, and so does runtime.Goexit, as in t.FailNow. What
	// it refers to is kept until the client closes.
	OnEvent func(context.Context, CallEvent)
}

// CallOptions are those of single calls; see [Client.With]. A zero value is the client's.
type CallOptions struct {
	MaxRetries        int
	ConnectTimeout    time.Duration
	FirstTokenTimeout time.Duration
	IdleTimeout       time.Duration
	TotalTimeout      time.Duration
	Headers           []string // each replaces the client's header of that name
	LastEvent         string   // for PostStream; see dosai_stream_open_post
}

// Format prints no key, password, header or query. Of a struct that has Options in an unexported field, fmt prints all.
func (options Options) Format(f fmt.State, _ rune) {
	url, _, _ := strings.Cut(options.BaseURL, "?")
	fmt.Fprintf(f, "{BaseURL:%s}", url)
}

// Format prints no header.
func (options CallOptions) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "{TotalTimeout:%v}", options.TotalTimeout)
}

// Client is an endpoint, a key, limits and open connections.
type Client struct {
	*loop
	options CallOptions
	parent  *Client // keeps it alive
}

// Format prints nothing of the client, whose options have headers.
func (client Client) Format(f fmt.State, _ rune) { io.WriteString(f, "dosai.Client") }

// words are C strings, freed together.
type words struct {
	all    []unsafe.Pointer
	hasNUL bool // where C would cut one
}

func (w *words) one(text string) *C.char {
	if text == "" {
		return nil
	}
	w.hasNUL = w.hasNUL || strings.Contains(text, "\x00")
	copied := C.CString(text)
	w.all = append(w.all, unsafe.Pointer(copied))
	return copied
}

func (w *words) list(texts []string) (**C.char, C.size_t) {
	if len(texts) == 0 {
		return nil, 0
	}
	list := (**C.char)(C.calloc(C.size_t(len(texts)), C.size_t(unsafe.Sizeof((*C.char)(nil)))))
	w.all = append(w.all, unsafe.Pointer(list))
	for at, text := range texts {
		unsafe.Slice(list, len(texts))[at] = w.one(text)
	}
	return list, C.size_t(len(texts))
}

func (w *words) check() error {
	if w.hasNUL {
		return failed(InvalidArgument, "a text has a NUL in it", nil)
	}
	return nil
}

func (w *words) free() {
	for _, each := range w.all {
		C.free(each)
	}
}

func milliseconds(duration time.Duration) C.int64_t {
	if duration < 0 {
		return -1
	}
	ms := duration.Milliseconds()
	if duration%time.Millisecond > 0 {
		ms++
	}
	return C.int64_t(ms)
}

// count is the nearest that C can hold: too large a number is not to become a small one.
func count(number int) C.int32_t {
	return C.int32_t(min(max(number, math.MinInt32), math.MaxInt32))
}

func flag(isSet bool) C.int32_t {
	if isSet {
		return 1
	}
	return 0
}

// NewClient creates a client. Nothing is sent yet.
func NewClient(options Options) (*Client, error) {
	var kept words
	defer kept.free()
	if options.BaseURL == "" {
		options.BaseURL = os.Getenv("DOSAI_BASE_URL")
	}
	if options.APIKey == "" {
		options.APIKey = os.Getenv("DOSAI_API_KEY")
	}
	var c C.dosai_client_options
	C.dosai_client_options_init(&c, C.size_t(unsafe.Sizeof(c)))
	c.base_url = kept.one(options.BaseURL)
	c.api_key = kept.one(options.APIKey)
	c.api_key_header = kept.one(options.APIKeyHeader)
	c.organization = kept.one(options.Organization)
	c.project = kept.one(options.Project)
	c.user_agent = kept.one(options.UserAgent)
	c.headers, c.header_count = kept.list(options.Headers)
	c.ca_file = kept.one(options.CAFile)
	c.ca_pem, c.ca_pem_length = kept.one(options.CAPEM), C.size_t(len(options.CAPEM))
	c.client_certificate_file = kept.one(options.ClientCertificateFile)
	c.client_key_file = kept.one(options.ClientKeyFile)
	c.client_key_password = kept.one(options.ClientKeyPassword)
	c.proxy = kept.one(options.Proxy)
	c.unix_socket = kept.one(options.UnixSocket)
	c.max_retries = count(options.MaxRetries)
	c.connect_timeout_ms = milliseconds(options.ConnectTimeout)
	c.first_token_timeout_ms = milliseconds(options.FirstTokenTimeout)
	c.idle_timeout_ms = milliseconds(options.IdleTimeout)
	c.total_timeout_ms = milliseconds(options.TotalTimeout)
	c.keep_alive_timeout_ms = milliseconds(options.KeepAliveTimeout)
	c.max_event_bytes = C.int64_t(options.MaxEventBytes)
	c.max_response_bytes = C.int64_t(options.MaxResponseBytes)
	c.max_text_bytes = C.int64_t(options.MaxTextBytes)
	c.max_header_bytes = C.int64_t(options.MaxHeaderBytes)
	c.max_json_nodes = count(options.MaxJSONNodes)
	c.max_json_depth = count(options.MaxJSONDepth)
	c.max_choices = count(options.MaxChoices)
	c.max_tool_calls = count(options.MaxToolCalls)
	c.max_redirects = count(options.MaxRedirects)
	c.requests_per_minute = C.int64_t(options.RequestsPerMinute)
	c.tokens_per_minute = C.int64_t(options.TokensPerMinute)
	c.allow_insecure_http = flag(options.AllowInsecureHTTP)
	c.proxy_from_environment = flag(options.ProxyFromEnvironment)
	c.http1_only = flag(options.HTTP1Only)
	if err := kept.check(); err != nil {
		return nil, err
	}
	told := &observer{onEvent: options.OnEvent, contexts: map[C.uintptr_t]context.Context{}}
	if told.onEvent != nil {
		told.handle = cgo.NewHandle(told)
		C.dosai_go_observe(&c, C.uintptr_t(told.handle))
	}
	var handle *C.dosai_client
	var failure *C.dosai_error
	if status := C.dosai_client_new(&c, &handle, &failure); status != C.DOSAI_OK {
		told.free()
		return nil, takeError(status, failure)
	}
	made, err := newLoop(handle, told, options.MaxInFlight)
	if err != nil {
		return nil, err
	}
	client := &Client{loop: made}
	runtime.AddCleanup(client, (*loop).close, made)
	return client, nil
}

// Close cancels the calls that still run, and frees the client. A client that is garbage is freed, too.
func (client *Client) Close() error {
	client.loop.close()
	return nil
}

// With gives the same client, with options for the calls that are made through it.
func (client *Client) With(options CallOptions) *Client {
	return &Client{loop: client.loop, options: options, parent: client}
}

// Chat sends the request, and gives the whole answer. The request is a [Request], JSON as json.RawMessage, []byte or
// string, or anything else that encoding/json makes an object of. If ctx ends, so does the call.
func (client *Client) Chat(ctx context.Context, request any) (*Completion, error) {
	var completion *Completion
	err := client.answer(ctx, C.GO_CHAT, "", request, func(last *C.dosai_go_part) { completion = readCompletion(last.completion) })
	return completion, err
}

// Stream prepares a streaming call, which is made when [Stream.All] is ranged over.
func (client *Client) Stream(ctx context.Context, request any) *Stream {
	return &Stream{client: client, ctx: ctx, kind: C.GO_STREAM, request: request}
}

// Get sends a GET to any endpoint, such as "/models".
func (client *Client) Get(ctx context.Context, path string) (*Response, error) {
	return client.response(ctx, C.GO_GET, path, nil)
}

// Post sends a POST to any endpoint. The body is as the request of [Client.Chat]; nil is an empty object.
func (client *Client) Post(ctx context.Context, path string, body any) (*Response, error) {
	return client.response(ctx, C.GO_POST, path, orEmpty(body))
}

// PostStream prepares a POST to any endpoint that answers with server-sent events. Each is one chunk, of KindEvent. The
// body is as that of [Client.Post].
func (client *Client) PostStream(ctx context.Context, path string, body any) *Stream {
	return &Stream{client: client, ctx: ctx, kind: C.GO_STREAM_POST, path: path, request: orEmpty(body)}
}

func orEmpty(body any) any {
	if body == nil {
		return "{}"
	}
	return body
}

func (client *Client) response(ctx context.Context, kind C.int, path string, body any) (*Response, error) {
	var response *Response
	err := client.answer(ctx, kind, path, body, func(last *C.dosai_go_part) { response = readResponse(last.response) })
	return response, err
}

// answer makes a call without a stream, and reads how it ended.
func (client *Client) answer(ctx context.Context, kind C.int, path string, body any, read func(*C.dosai_go_part)) error {
	call, err := client.submit(ctx, kind, path, body)
	if err != nil {
		return err
	}
	defer call.free()
	call.next(ctx, nil)
	return call.result(ctx, read)
}

// encode gives the bytes of a body.
func encode(body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		return nil, nil
	case json.RawMessage:
		return body, nil
	case []byte:
		return body, nil
	case string:
		return []byte(body), nil
	}
	return json.Marshal(body)
}
