package dosai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dosai.ai/dosai"
)

var question = dosai.Request{Model: "m", Messages: []dosai.Message{dosai.User("Hello!")}}

// late is how late the machine has been, in nanoseconds: what a goroutine that only sleeps sees.
var late atomic.Int64

func init() {
	go func() {
		for {
			begun := time.Now()
			time.Sleep(2 * time.Millisecond)
			late.Add(int64(max(0, time.Since(begun)-3500*time.Microsecond)))
		}
	}()
}

// serve starts a server, and a client of it.
func serve(t testing.TB, handler http.HandlerFunc, options ...dosai.Options) *dosai.Client {
	server := httptest.NewServer(handler)
	made := dosai.Options{MaxRetries: -1, APIKey: "k"}
	if len(options) > 0 {
		made = options[0]
	}
	made.BaseURL = server.URL + "/v1"
	client, err := dosai.NewClient(made)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return client
}

func answer(content string, more ...string) string {
	message := fmt.Sprintf(`{"role":"assistant","content":%q%s}`, content, strings.Join(more, ""))
	return `{"id":"a","object":"chat.completion","created":1,"model":"m","own":7,"choices":[{"index":0,"finish_reason":"stop","message":` +
		message + `}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`
}

func event(w http.ResponseWriter, data string) {
	fmt.Fprintf(w, "data: %s\n\n", data)
	w.(http.Flusher).Flush()
}

func piece(text string) string {
	return fmt.Sprintf(`{"id":"a","choices":[{"index":0,"delta":{"content":%q}}]}`, text)
}

const last = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`

// words streams so many pieces, and then ends, or waits until the client goes.
func words(count int, isWhole bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for at := range count {
			event(w, piece(strconv.Itoa(at)+" "))
		}
		if isWhole {
			event(w, last)
			event(w, "[DONE]")
			return
		}
		w.(http.Flusher).Flush()
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
}

func read(stream *dosai.Stream) (text string, err error) {
	for chunk, err := range stream.All() {
		if err != nil {
			return text, err
		}
		text += chunk.Content()
	}
	return text, nil
}

func as(t *testing.T, err error, status dosai.Status) *dosai.Error {
	t.Helper()
	var failure *dosai.Error
	if !errors.As(err, &failure) || failure.Status != status || !errors.Is(err, status) {
		t.Fatalf("%v, and not %v", err, status)
	}
	return failure
}

func check(t *testing.T, isGood bool, format string, arguments ...any) {
	t.Helper()
	if !isGood {
		t.Fatalf(format, arguments...)
	}
}

func TestChat(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		json.NewDecoder(r.Body).Decode(&body)
		w.Header().Set("x-request-id", "r1")
		io.WriteString(w, answer(fmt.Sprint(body["model"], body["seed"], body["top_k"], r.Header.Get("x-own"))))
	})
	request := question
	request.Seed, request.Extra = new(int64), map[string]any{"top_k": 4}
	got, err := client.With(dosai.CallOptions{Headers: []string{"x-own: yes"}}).Chat(t.Context(), request)
	check(t, err == nil && got.Text() == "m0 4yes", "%v %q", err, got.Text())
	check(t, got.RequestID == "r1" && got.Usage.TotalTokens == 3 && got.Usage.CachedTokens == -1, "%+v", got)
	var own struct{ Own int }
	check(t, json.Unmarshal(got.JSON, &own) == nil && own.Own == 7, "%s", got.JSON)
	for _, raw := range []any{`{"model":"x"}`, []byte(`{"model":"x"}`), json.RawMessage(`{"model":"x"}`), map[string]string{"model": "x"}} {
		got, err := client.Chat(t.Context(), raw)
		check(t, err == nil && strings.HasPrefix(got.Text(), "x"), "%v", err)
	}
	_, err = client.Chat(t.Context(), "[]")
	as(t, err, dosai.InvalidArgument)
	_, err = client.Chat(t.Context(), func() {})
	as(t, err, dosai.InvalidArgument)
}

func TestStream(t *testing.T) {
	client := serve(t, words(3, true))
	stream := client.Stream(t.Context(), question)
	text, err := read(stream)
	check(t, err == nil && text == "0 1 2 " && stream.Completion().Text() == text, "%q %v", text, err)
	_, err = read(stream)
	as(t, err, dosai.InvalidArgument)
}

// A long text is a piece of its event's JSON, where it is not escaped there.
func TestLongTexts(t *testing.T) {
	long := strings.Repeat("0123456789", 20)
	texts := []string{long, long + "!", "short", "\n" + long, long, long[:64] + "\n" + long, long, strings.Repeat("a", 100), "b" + long}
	var events []string
	for at, text := range texts {
		events = append(events, fmt.Sprintf(`{"id":"%s","choices":[{"index":0,"delta":{"content":%q}}]}`, strings.Repeat("c", at/3*50), text))
	}
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, each := range append(events, last, "[DONE]") {
			event(w, each)
		}
	})
	at := 0
	for chunk, err := range client.Stream(context.Background(), question).All() {
		check(t, err == nil, "%v", err)
		if at < len(texts) {
			check(t, chunk.Text == texts[at] && chunk.JSON == events[at], "%q in %q", chunk.Text, chunk.JSON)
		}
		at++
	}
	check(t, at > len(texts), "%d chunks", at)
}

func TestManyUnreadBytes(t *testing.T) {
	client := serve(t, words(20_000, true))
	count := 0
	for chunk, err := range client.Stream(t.Context(), question).All() {
		check(t, err == nil, "%v", err)
		if chunk.Kind != dosai.KindContent {
			continue
		}
		check(t, chunk.Text == strconv.Itoa(count)+" ", "%q", chunk.Text)
		if count++; count == 1 {
			time.Sleep(200 * time.Millisecond) // the call is paused meanwhile
		}
	}
	check(t, count == 20_000, "%d", count)
}

func TestErrors(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.Header().Set("x-request-id", "r2")
		w.WriteHeader(429)
		io.WriteString(w, `{"error":{"message":"slow","code":"c","type":"t","param":"p"}}`)
	})
	_, err := client.Chat(t.Context(), question)
	failure := as(t, err, dosai.RateLimited)
	check(t, failure.HTTPStatus == 429 && failure.Code == "c" && failure.Type == "t" && failure.Param == "p" &&
		failure.RequestID == "r2" && failure.RetryAfter == 7*time.Second && failure.Retryable && len(failure.Attempts) == 1 &&
		failure.Completion == nil && strings.Contains(string(failure.Body), "slow"), "%+v", failure)

	client = serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		event(w, piece("half"))
	})
	text, err := read(client.Stream(t.Context(), question))
	failure = as(t, err, dosai.Truncated)
	check(t, text == "half" && failure.Completion.Text() == "half", "%q %+v", text, failure)

	client = serve(t, words(1, false), dosai.Options{IdleTimeout: 50 * time.Millisecond})
	_, err = read(client.Stream(t.Context(), question))
	failure = as(t, err, dosai.Timeout)
	check(t, failure.Clock == dosai.ClockIdle && failure.Timeout(), "%+v", failure)
	_, err = dosai.NewClient(dosai.Options{BaseURL: "nonsense"})
	as(t, err, dosai.InvalidArgument)
}

func TestCancel(t *testing.T) {
	var open atomic.Int32
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		words(3, false)(w, r)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stream, count := client.Stream(ctx, question), 0
	var err error
	var begun time.Time
	var before int64
	for _, err = range stream.All() {
		if count++; count == 2 {
			begun, before = time.Now(), late.Load()
			cancel(io.ErrNoProgress)
		}
	}
	took := time.Since(begun)
	time.Sleep(10 * time.Millisecond) // then it is known how late the machine was
	failure := as(t, err, dosai.Cancelled)
	check(t, count == 3 && errors.Is(err, io.ErrNoProgress) && errors.Is(err, context.Canceled), "%d %v", count, err)
	check(t, took < 50*time.Millisecond*slowness+time.Duration(late.Load()-before), "it took %v", took)
	check(t, strings.HasPrefix(failure.Completion.Text(), "0 1 "), "%+v", failure.Completion)

	deadline, cancelDeadline := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancelDeadline()
	_, err = client.Chat(deadline, question)
	as(t, err, dosai.Cancelled)
	check(t, errors.Is(err, context.DeadlineExceeded), "%v", err)
	_, err = client.Chat(deadline, question)
	as(t, err, dosai.Cancelled)
	why, cancelWhy := context.WithTimeoutCause(t.Context(), 30*time.Millisecond, io.ErrNoProgress)
	defer cancelWhy()
	_, err = client.Chat(why, question)
	check(t, as(t, err, dosai.Cancelled).Timeout() && errors.Is(err, context.DeadlineExceeded) && errors.Is(err, io.ErrNoProgress), "%v", err)
	cancelled, cancelNow := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancelNow)
	_, err = read(client.Stream(cancelled, question))
	check(t, errors.Is(err, context.Canceled), "%v", err)

	for range client.Stream(t.Context(), question).All() {
		break
	}
	func() {
		defer func() { recover() }()
		for range client.Stream(t.Context(), question).All() {
			panic("in the middle")
		}
	}()
	closed := func() {
		for wait := 0; open.Load() > 0; wait++ {
			check(t, wait < 200, "%d connections stay open", open.Load())
			time.Sleep(10 * time.Millisecond)
		}
	}
	closed()
	busy, cancelBusy := context.WithCancel(t.Context())
	defer cancelBusy()
	for range client.Stream(busy, question).All() {
		cancelBusy()
		closed() // while nobody waits for the stream
		break
	}
}

// At any moment of a step for another stream, whose reader is busy afterwards: some of so many find the worst one.
func TestCancelDuringAStep(t *testing.T) {
	var open, delay atomic.Int64
	var cancel atomic.Value
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked, _ := io.ReadAll(r.Body); strings.Contains(string(asked), "left") {
			open.Add(1)
			defer open.Add(-1)
		}
		words(1, false)(w, r)
	}, dosai.Options{OnEvent: func(_ context.Context, event dosai.CallEvent) {
		if event.Kind == dosai.CallFirstToken && event.Model != "left" {
			go func(begun time.Time) {
				for time.Since(begun) < time.Duration(delay.Load()) {
				}
				cancel.Load().(context.CancelFunc)()
			}(time.Now())
		}
	}})
	other := question
	other.Model = "left"
	for at := range int64(800) {
		ctx, cancelThis := context.WithCancel(t.Context())
		cancel.Store(cancelThis)
		delay.Store(at % 32 * 500) // nanoseconds
		for range client.Stream(ctx, other).All() {
			for range client.Stream(t.Context(), question).All() {
				for begun := time.Now(); open.Load() > 0; time.Sleep(100 * time.Microsecond) {
					check(t, time.Since(begun) < 2*time.Second, "in round %d, the connection stays open", at)
				}
				break
			}
			break
		}
		cancelThis()
	}
}

func TestClose(t *testing.T) {
	client := serve(t, words(1, false))
	var err error
	for _, err = range client.Stream(t.Context(), question).All() {
		if err == nil { // the only chunk
			time.AfterFunc(30*time.Millisecond, func() { client.Close() })
		}
	}
	failure := as(t, err, dosai.Cancelled)
	check(t, failure.Completion.Text() == "0 ", "%+v", failure.Completion)
	_, err = client.Chat(t.Context(), question)
	as(t, err, dosai.InvalidArgument)
	client.Close()
}

// The goroutine that steps needs what Close holds.
func TestCloseBesideOneThatSteps(t *testing.T) {
	server := httptest.NewServer(words(20, false))
	defer server.Close()
	defer server.CloseClientConnections()
	for at := range 300 {
		client, err := dosai.NewClient(dosai.Options{BaseURL: server.URL, APIKey: "k"})
		check(t, err == nil, "%v", err)
		var group sync.WaitGroup
		for range 4 {
			group.Add(1)
			go func() {
				defer group.Done()
				read(client.Stream(t.Context(), question))
			}()
		}
		time.Sleep(time.Duration(at%30) * 100 * time.Microsecond)
		ended := make(chan bool)
		go func() {
			client.Close()
			group.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Fatalf("client %d does not end", at)
		}
	}
}

func TestOtherEndpoints(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") == "text/event-stream" {
			io.WriteString(w, "event: said\nid: 4\ndata: {}\n\nevent: end\ndata: {}\n\n")
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"method":%q,"path":%q,"body":%q}`, r.Method, r.URL.Path, body)
	})
	got, err := client.Get(t.Context(), "/models")
	check(t, err == nil && string(got.JSON) == `{"method":"GET","path":"/v1/models","body":""}`, "%v %s", err, got.JSON)
	got, err = client.Post(t.Context(), "/embeddings", map[string]int{"n": 1})
	var said []string
	stream := client.With(dosai.CallOptions{LastEvent: "end"}).PostStream(t.Context(), "/responses", map[string]bool{"stream": true})
	for chunk, err := range stream.All() {
		check(t, err == nil && chunk.Kind == dosai.KindEvent && chunk.EventID == "4", "%v %+v", err, chunk)
		said = append(said, chunk.EventType, chunk.Text)
	}
	check(t, strings.Join(said, " ") == "said {} end {}", "%q", said)
	check(t, err == nil && got.HTTPStatus == 200 && strings.Contains(string(got.JSON), `{\"n\":1}`), "%v %s", err, got.JSON)

	got, err = client.Post(t.Context(), "/runs/1/cancel", nil)
	check(t, err == nil && string(got.JSON) == `{"method":"POST","path":"/v1/runs/1/cancel","body":"{}"}`, "%v %+v", err, got)
	count := 0
	for chunk, err := range client.With(dosai.CallOptions{LastEvent: "end"}).PostStream(t.Context(), "/responses", nil).All() {
		check(t, err == nil && chunk.Kind == dosai.KindEvent, "%v", err)
		count++
	}
	check(t, count == 2, "%d", count)
	for _, body := range []any{json.RawMessage(nil), []byte(nil), ""} {
		_, err = client.Post(t.Context(), "/runs", body)
		as(t, err, dosai.InvalidArgument)
		_, err = read(client.PostStream(t.Context(), "/runs", body))
		as(t, err, dosai.InvalidArgument)
	}
	_, err = client.Get(t.Context(), "")
	as(t, err, dosai.InvalidArgument)
	_, err = client.Post(t.Context(), "", question)
	as(t, err, dosai.InvalidArgument)
	_, err = read(client.PostStream(t.Context(), "", question))
	as(t, err, dosai.InvalidArgument)
	_, err = client.Chat(t.Context(), nil)
	as(t, err, dosai.InvalidArgument)
}

func TestOnEvent(t *testing.T) {
	type key struct{}
	var told []string
	var lock sync.Mutex
	hangs := make(chan bool, 1)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "hang") {
			hangs <- true
			<-r.Context().Done()
			return
		}
		if r.Header.Get("X-First") == "1" && len(hangs) == 0 {
			hangs <- true
			w.Header().Set("Retry-After-Ms", "1")
			w.WriteHeader(503)
			return
		}
		w.Header().Set("X-Request-Id", "r-1")
		io.WriteString(w, answer("a"))
	}, dosai.Options{APIKey: "k", OnEvent: func(ctx context.Context, event dosai.CallEvent) {
		lock.Lock()
		defer lock.Unlock()
		if event.Path != "/v1/chat/completions" || event.Model != "m" || event.Method != "POST" || event.SentBytes < 9 {
			t.Errorf("%+v", event)
		}
		told = append(told, fmt.Sprintf("%v %v %d %d %v %v %s %d", ctx.Value(key{}), event.Kind, event.Attempt, event.HTTPStatus, event.Status,
			event.Delay, event.RequestID, event.Usage.CompletionTokens))
	}})
	ctx := context.WithValue(t.Context(), key{}, "mine")
	_, err := client.With(dosai.CallOptions{Headers: []string{"X-First: 1"}}).Chat(ctx, question)
	<-hangs
	want := []string{"mine STARTED 0 0 OK 0s  -1", "mine ATTEMPT 1 0 OK 0s  -1", "mine CONNECTED 1 0 OK 0s  -1", "mine HEADERS 1 503 OK 0s  -1",
		"mine RETRY 1 503 UNAVAILABLE 1ms  -1", "mine ATTEMPT 2 0 OK 0s  -1", "mine CONNECTED 2 0 OK 0s  -1", "mine HEADERS 2 200 OK 0s r-1 -1",
		"mine ENDED 2 200 OK 0s r-1 2"}
	check(t, err == nil && slices.Equal(told, want), "%v %q", err, told)
	told = nil
	ended := make(chan error)
	go func() {
		_, err := client.Chat(ctx, dosai.Request{Model: "m", Messages: []dosai.Message{dosai.User("hang")}})
		ended <- err
	}()
	<-hangs
	client.Close()
	as(t, <-ended, dosai.Cancelled)
	check(t, strings.HasPrefix(told[len(told)-1], "mine ENDED 1 0 CANCELLED"), "%q", told)
	_, err = dosai.NewClient(dosai.Options{BaseURL: "ftp://x", OnEvent: func(context.Context, dosai.CallEvent) {}})
	as(t, err, dosai.InvalidArgument)
}

// In a process of their own, which could be over before a panic ends it.
func TestPanicsOfOnEvent(t *testing.T) {
	how, baseURL, isChild := strings.Cut(os.Getenv("DOSAI_ON_EVENT"), " ")
	if isChild {
		client, err := dosai.NewClient(dosai.Options{BaseURL: baseURL, OnEvent: func(_ context.Context, event dosai.CallEvent) {
			if event.Kind == dosai.CallEnded && how == "panics" {
				panic("so it panics")
			} else if event.Kind == dosai.CallEnded {
				t.FailNow()
			}
		}})
		check(t, err == nil, "%v", err)
		client.Chat(t.Context(), question)
		os.Exit(0)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, answer("a")) }))
	defer server.Close()
	for how, wanted := range map[string]string{"panics": "so it panics", "exits": "OnEvent ended its goroutine"} {
		command := exec.Command(os.Args[0], "-test.run=^TestPanicsOfOnEvent$")
		command.Env = append(os.Environ(), "GOMAXPROCS=1", "DOSAI_ON_EVENT="+how+" "+server.URL)
		said, err := command.CombinedOutput()
		check(t, err != nil && strings.Contains(string(said), "panic: "+wanted), "%s: %v %s", how, err, said)
	}
}

func TestClocksAndKindsHaveNames(t *testing.T) {
	names := fmt.Sprint(dosai.ClockNone, dosai.ClockConnect, dosai.ClockFirstToken, dosai.ClockIdle, dosai.ClockTotal, dosai.Clock(9), dosai.KindOther,
		dosai.KindContent, dosai.KindEvent, dosai.Kind(-1))
	check(t, names == "NONE CONNECT FIRST_TOKEN IDLE TOTAL Clock(9) OTHER CONTENT EVENT Kind(-1)", "%s", names)
}

// A text with a NUL is refused, for it would be cut there.
func TestNUL(t *testing.T) {
	for _, options := range []dosai.Options{{APIKey: "k\x00l"}, {Organization: "o\x00p"}, {Headers: []string{"x-own: one\x00two"}},
		{BaseURL: "http://127.0.0.1\x00.example"}, {CAPEM: "\x00"}} {
		_, err := dosai.NewClient(options)
		as(t, err, dosai.InvalidArgument)
	}
	client := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, answer("")) })
	_, err := client.Get(t.Context(), "/files/a\x00/../../secret")
	as(t, err, dosai.InvalidArgument)
	for _, options := range []dosai.CallOptions{{Headers: []string{"x-own: one\x00two"}}, {LastEvent: "end\x00"}} {
		_, err = client.With(options).Chat(t.Context(), question)
		as(t, err, dosai.InvalidArgument)
	}
}

func TestPrintedOptions(t *testing.T) {
	options := dosai.Options{BaseURL: "http://127.0.0.1?key=secret", APIKey: "secret", ClientKeyPassword: "secret", Headers: []string{"x: secret"}, Proxy: "http://u:secret@h", AllowInsecureHTTP: true}
	mine := dosai.CallOptions{TotalTimeout: time.Second, Headers: []string{"x: secret"}}
	client, err := dosai.NewClient(options)
	check(t, err == nil, "%v", err)
	defer client.Close()
	for _, printed := range []any{options, &options, mine, &mine, client, client.With(mine), *client.With(mine)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			text := fmt.Sprintf(verb, printed)
			check(t, text != "" && !strings.Contains(text, "secret"), "%s", text)
		}
	}
	check(t, fmt.Sprint(options, mine) == "{BaseURL:http://127.0.0.1} {TotalTimeout:1s}", "%v %v", options, mine)
}

// A number that C's type cannot hold is the largest that it can.
func TestLargeNumbers(t *testing.T) {
	for _, number := range []int{math.MaxInt, math.MaxInt/2 + 1} { // the lower 32 bits: -1, 0
		_, err := dosai.NewClient(dosai.Options{MaxRetries: number})
		as(t, err, dosai.InvalidArgument)
		_, err = dosai.NewClient(dosai.Options{MaxRedirects: number})
		as(t, err, dosai.InvalidArgument)
		client := serve(t, words(3, true), dosai.Options{MaxInFlight: number, MaxChoices: number, TotalTimeout: math.MaxInt64, IdleTimeout: 1})
		_, err = client.With(dosai.CallOptions{MaxRetries: number}).Chat(t.Context(), question)
		as(t, err, dosai.InvalidArgument)
		text, err := read(client.With(dosai.CallOptions{IdleTimeout: math.MaxInt64}).Stream(t.Context(), question))
		check(t, err == nil && text == "0 1 2 ", "%q %v", text, err)
	}
}

// 1,000 goroutines wait for their answers at once, and hold no threads.
func TestManyAtOnce(t *testing.T) {
	const many = 1000
	var arrived sync.WaitGroup
	arrived.Add(many)
	release := make(chan struct{})
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Model string }
		json.NewDecoder(r.Body).Decode(&asked)
		arrived.Done()
		<-release
		io.WriteString(w, answer(asked.Model))
	})
	var group sync.WaitGroup
	for at := range many {
		group.Add(1)
		go func() {
			defer group.Done()
			got, err := client.Chat(t.Context(), dosai.Request{Model: strconv.Itoa(at)})
			if err != nil || got.Text() != strconv.Itoa(at) {
				t.Errorf("%d: %v", at, err)
			}
		}()
	}
	arrived.Wait()
	threads := pprof.Lookup("threadcreate").Count()
	close(release)
	group.Wait()
	check(t, threads < 60, "%d threads", threads)
}

func TestRunTools(t *testing.T) {
	calls := `,"tool_calls":[{"id":"1","type":"function","function":{"name":"add","arguments":"{\"a\":1,\"b\":2}"}},` +
		`{"id":"2","type":"function","function":{"name":"add","arguments":"{\"a\":\"x\"}"}},{"id":"3","type":"function","function":{"name":"fail","arguments":""}},` +
		`{"id":"4","type":"function","function":{"name":"gone","arguments":"{}"}}]`
	var bodies []string
	var lock sync.Mutex // the race detector does not see that one call comes after the other
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		lock.Lock()
		defer lock.Unlock()
		bodies = append(bodies, string(body))
		if strings.Contains(string(body), `"role":"tool"`) && !strings.Contains(string(body), "again") {
			io.WriteString(w, answer("three"))
		} else {
			io.WriteString(w, answer("", calls))
		}
	})
	type sum struct {
		A int `json:"a" description:"the first"`
		B int `json:"b,omitempty"`
	}
	request := question
	request.ToolChoice = "required"
	request.Tools = []dosai.Tool{
		dosai.NewTool("add", "Adds.", func(_ context.Context, s sum) (int, error) { return s.A + s.B, nil }),
		dosai.NewTool("fail", "", func(context.Context, struct{}) (string, error) { return "", errors.New("no luck") }),
	}
	got, err := client.RunTools(t.Context(), &request, 0)
	lock.Lock()
	check(t, err == nil && got.Text() == "three" && len(request.Messages) == 6 && len(bodies) == 2, "%v %d", err, len(request.Messages))
	for at, want := range []string{"3", "error: the arguments do not fit", "error: no luck", "error: there is no function gone"} {
		told := request.Messages[2+at]
		check(t, strings.HasPrefix(told.Content, want) && told.ToolCallID == strconv.Itoa(at+1), "%+v", told)
	}
	schema := `"parameters":{"additionalProperties":false,"properties":{"a":{"description":"the first","type":"integer"},"b":{"type":"integer"}},"required":["a"],"type":"object"}`
	check(t, strings.Contains(bodies[0], schema) && strings.Contains(bodies[0], "required") &&
		!strings.Contains(bodies[1], `"tool_choice"`), "%s", bodies)
	lock.Unlock()

	request.Messages = []dosai.Message{dosai.User("again")}
	_, err = client.RunTools(t.Context(), &request, 2)
	check(t, as(t, err, dosai.TooLarge).Completion != nil && len(request.Messages) == 6, "%d", len(request.Messages))
}

func TestRunToolsStream(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		event(w, piece("one "))
		reason := "stop"
		if !strings.Contains(string(body), `"role":"tool"`) {
			reason = "tool_calls"
			event(w, `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"{}"}}]}}]}`)
		}
		if strings.Contains(string(body), "cut") {
			panic(http.ErrAbortHandler)
		}
		event(w, `{"choices":[{"index":0,"delta":{},"finish_reason":"`+reason+`"}]}`)
		event(w, "[DONE]")
	})
	runs := 0
	tool := dosai.NewTool("f", "", func(context.Context, struct{}) (string, error) { runs++; return "", nil })
	request := question
	request.Tools = []dosai.Tool{tool}
	text := ""
	collect := func(chunk dosai.Chunk) { text += chunk.Content() }
	got, err := client.RunToolsStream(t.Context(), &request, 0, collect)
	check(t, err == nil && text == "one one " && got.Text() == "one " && runs == 1 && len(request.Messages) == 3, "%v %q", err, text)
	request = dosai.Request{Messages: []dosai.Message{dosai.User("cut")}, Tools: request.Tools}
	_, err = client.RunToolsStream(t.Context(), &request, 0, collect)
	check(t, as(t, err, dosai.Truncated).Completion.Text() == "one " && runs == 1, "%v", err)
	request.Messages = question.Messages
	ctx, cancel := context.WithCancel(t.Context())
	_, err = client.RunToolsStream(ctx, &request, 0, func(dosai.Chunk) { cancel() })
	check(t, errors.Is(err, context.Canceled) && runs == 1, "%v", err)
}

func TestForcedCall(t *testing.T) {
	choices := make(chan any, 2)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		json.NewDecoder(r.Body).Decode(&body)
		choices <- body["tool_choice"]
		if len(body["messages"].([]any)) > 1 {
			io.WriteString(w, answer("done"))
		} else {
			io.WriteString(w, answer("", `,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]`))
		}
	})
	text, err := os.ReadFile("../../Tests/Bindings/tool_choices.txt")
	check(t, err == nil, "%v", err)
	for line := range strings.Lines(string(text)) {
		first, second, _ := strings.Cut(strings.TrimSpace(line), "\t")
		var choice, wanted any
		json.Unmarshal([]byte(first), &choice)
		json.Unmarshal([]byte(second), &wanted)
		for _, given := range []any{choice, json.RawMessage(first)} {
			request := question
			request.ToolChoice = given
			_, err := client.RunTools(t.Context(), &request, 0)
			check(t, err == nil && len(choices) == 2, "%s: %v", first, err)
			<-choices
			sent := <-choices
			if sent == nil {
				sent = "auto"
			}
			check(t, reflect.DeepEqual(sent, wanted), "%s: %v", first, sent)
			check(t, reflect.DeepEqual(request.ToolChoice, given), "%v", request.ToolChoice)
		}
	}
	request := question
	_, err = client.RunTools(t.Context(), &request, 0)
	check(t, err == nil && <-choices == nil && <-choices == nil, "%v", err)
}

// The model calls the tools, is told this of each, and the loop goes on.
func toldOf(t *testing.T, content string, tools ...dosai.Tool) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), `"role":"tool"`) {
			io.WriteString(w, answer("done"))
		} else {
			call := `{"id":"1","type":"function","function":{"name":"%s","arguments":"{}"}}`
			io.WriteString(w, answer("", `,"tool_calls":[`+fmt.Sprintf(call, tools[0].Name)+","+fmt.Sprintf(call, tools[1].Name)+"]"))
		}
	})
	request := question
	request.Tools = tools
	_, err := client.RunTools(t.Context(), &request, 0)
	check(t, err == nil && len(request.Messages) == 4, "%v", err)
	for _, told := range request.Messages[2:] {
		check(t, told.Role == "tool" && told.Content == content, "%+v", told)
	}
}

func TestResultsThatAreNotUTF8(t *testing.T) {
	toldOf(t, "error: the result is not UTF-8",
		dosai.NewTool("bytes", "", func(context.Context, struct{}) (string, error) { return "caf\xe9", nil }),
		dosai.NewTool("fail", "", func(context.Context, struct{}) (string, error) { return "", errors.New("\xff") }))
}

type withoutText struct{ message *string }

func (err withoutText) Error() string { return *err.message }

func TestToolsWithoutAResult(t *testing.T) {
	toldOf(t, "error: the function failed",
		dosai.NewTool("fail", "", func(context.Context, struct{}) (string, error) { return "", withoutText{} }),
		dosai.NewTool("leave", "", func(context.Context, struct{}) (string, error) {
			runtime.Goexit()
			return "", nil
		}))
}

// It is the caller's, who may recover from it, as net/http does.
func TestAToolThatPanics(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, answer("", `,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]`))
	})
	request := question
	request.Tools = []dosai.Tool{dosai.NewTool("f", "", func(context.Context, struct{}) (string, error) { panic(http.ErrAbortHandler) })}
	defer func() {
		found, _ := recover().(error)
		check(t, errors.Is(found, http.ErrAbortHandler) && strings.Contains(found.Error(), "dosai_test.go") && len(request.Messages) == 1, "%v", found)
	}()
	client.RunTools(t.Context(), &request, 0)
}

func TestMessages(t *testing.T) {
	made, err := json.Marshal(dosai.Message{Role: "assistant", Refusal: "no"})
	check(t, err == nil && string(made) == `{"role":"assistant","content":"","refusal":"no"}`, "%s", made)

	kept := `[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":null,"reasoning_content":"r",` +
		`"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},` +
		`{"id":"2","function":{"name":"g","arguments":{}}}]},{"role":"tool","content":"b","tool_call_id":"1"}]`
	var messages []dosai.Message
	err = json.Unmarshal([]byte(kept), &messages)
	check(t, err == nil && len(messages) == 3 && messages[0].Parts != nil && reflect.DeepEqual(messages[1].ToolCalls, []dosai.ToolCall{{ID: "1", Name: "f", Arguments: "{}"}, {ID: "2", Name: "g", Arguments: "{}"}}) &&
		messages[2].Content == "b" && messages[2].ToolCallID == "1", "%v %+v", err, messages)
	made, err = json.Marshal(messages)
	check(t, err == nil && string(made) == kept, "%v %s", err, made)
	err = json.Unmarshal([]byte(`{"role":"assistant","tool_calls":{"id":"1","function":{"name":"f","arguments":"{}"}}}`), &messages[1])
	check(t, err == nil && len(messages[1].ToolCalls) == 1 && messages[1].ToolCalls[0].Name == "f", "%v %+v", err, messages[1])
	for text, calls := range map[string][]dosai.ToolCall{`{ }`: nil, `{"id":"1","function":{"name":"f","arguments":null}}`: {{ID: "1", Name: "f"}}} {
		err = json.Unmarshal([]byte(`{"role":"assistant","tool_calls":`+text+`}`), &messages[1])
		check(t, err == nil && reflect.DeepEqual(messages[1].ToolCalls, calls), "%v %+v", err, messages[1])
	}
	err = json.Unmarshal([]byte(`{"role":5}`), &messages[0])
	check(t, err != nil && messages[0].Role == "user", "%v", messages[0])
}

func TestJSONSchema(t *testing.T) {
	type city struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
		Size string   `json:"size" enum:"small,big"`
		At   *struct{ Lat float64 }
	}
	made, err := json.Marshal(dosai.Request{ResponseFormat: dosai.JSONSchema[city]("city")})
	check(t, err == nil && string(made) == `{"messages":null,"response_format":{"json_schema":{"name":"city","schema":{"additionalProperties":false,`+
		`"properties":{"At":{"additionalProperties":false,"properties":{"Lat":{"type":"number"}},"required":["Lat"],"type":"object"},"name":{"type":"string"},`+
		`"size":{"enum":["small","big"],"type":"string"},"tags":{"items":{"type":"string"},"type":"array"}},"required":["name","tags","size","At"],"type":"object"},`+
		`"strict":true},"type":"json_schema"}}`, "%s", made)
}

type point struct{ X, Y int }

func (p *point) UnmarshalJSON(text []byte) error { // of an object, or [x, y]
	type plain point
	if json.Unmarshal(text, (*plain)(p)) == nil {
		return nil
	}
	return json.Unmarshal(text, &[]any{&p.X, &p.Y})
}

// What fits the schema can be decoded.
func TestSchemas(t *testing.T) {
	type arguments struct {
		When    time.Time       `json:"when"`
		Until   *time.Time      `json:"until,omitempty"`
		Data    []byte          `json:"data"`
		Pair    [2]byte         `json:"pair"`
		Raw     json.RawMessage `json:"raw"`
		N       int64           `json:"n,string"`
		Ok      *bool           `json:"ok,string"`
		Tags    []string        `json:"tags,string"` // which says nothing of a list
		Address netip.Addr      `json:"address"`
		A, B    point
	}
	var got arguments
	tool := dosai.NewTool("f", "", func(_ context.Context, given arguments) (string, error) { got = given; return "", nil })
	made, err := json.Marshal(tool.Parameters.(map[string]any)["properties"])
	check(t, err == nil && string(made) == `{"A":{},"B":{},"address":{"type":"string"},"data":{"type":"string"},"n":{"type":"string"},`+
		`"ok":{"type":"string"},"pair":{"items":{"type":"integer"},"type":"array"},"raw":{},"tags":{"items":{"type":"string"},"type":"array"},`+
		`"until":{"format":"date-time","type":"string"},"when":{"format":"date-time","type":"string"}}`, "%s", made)
	_, err = tool.Run(t.Context(), `{"when":"2026-01-02T03:04:05Z","until":"2026-01-02T03:04:05Z","data":"YWI=","pair":[1,2],"raw":[1],"n":"5",`+
		`"ok":"true","tags":["a"],"address":"::1","A":[1,2],"B":{"X":3}}`)
	check(t, err == nil && string(got.Data) == "ab" && got.N == 5 && *got.Ok && got.Address.IsLoopback() && got.A.Y == 2 && got.B.X == 3, "%v %+v", err, got)

	// Arguments are an object, so a type of them is described by its fields.
	tool = dosai.NewTool("f", "", func(_ context.Context, given *point) (string, error) { return "", nil })
	made, err = json.Marshal(tool.Parameters)
	check(t, err == nil && strings.Contains(string(made), `"properties":{"X":{"type":"integer"}`), "%s", made)

	var isGiven bool
	tool = dosai.NewTool("f", "", func(_ context.Context, given *point) (string, error) { isGiven = given != nil; return "", nil })
	_, err = tool.Run(t.Context(), " null")
	check(t, err == nil && isGiven, "%v", err)
}

type (
	City    string
	Place   struct{ Country, Street string }
	Sender  struct{ Name string }
	Ignored struct{ Secret string }
	hidden  struct{ At string }
	Parcel  struct {
		ID   string `json:"parcel_id"`
		Note string
	}
	Letter struct {
		ID   string `json:"letter_id"`
		Note string
		Size int `json:"Weight"`
	}
	Stamp struct{ Weight string }
)

// As encoding/json takes them: by name, or as fields of the outer struct, of which the outermost counts.
func TestSchemasOfEmbeddedFields(t *testing.T) {
	type arguments struct {
		City
		Place
		*Sender `json:"from"`
		Ignored `json:"-"`
		hidden  `json:"hidden"`
		Road    string `json:"Street"`
	}
	var got arguments
	tool := dosai.NewTool("f", "", func(_ context.Context, given arguments) (string, error) { got = given; return "", nil })
	made, err := json.Marshal(tool.Parameters)
	check(t, err == nil && string(made) == `{"additionalProperties":false,"properties":{"City":{"type":"string"},"Country":{"type":"string"},`+
		`"Street":{"type":"string"},"from":{"additionalProperties":false,"properties":{"Name":{"type":"string"}},"required":["Name"],"type":"object"},`+
		`"hidden":{"additionalProperties":false,"properties":{"At":{"type":"string"}},"required":["At"],"type":"object"}},`+
		`"required":["City","Country","from","hidden","Street"],"type":"object"}`, "%s", made)
	_, err = tool.Run(t.Context(), `{"City":"a","Country":"b","Street":"c","from":{"Name":"d"},"hidden":{"At":"e"}}`)
	check(t, err == nil && got.City == "a" && got.Country == "b" && got.Road == "c" && got.Sender.Name == "d" && got.At == "e", "%v %+v", err, got)

	// A name in Go hides none of JSON. Of two names in JSON, one that a tag gives counts, and else none.
	type alike struct {
		Parcel
		Letter
		Stamp
		*hidden // cannot be made
		ID      string
	}
	var other alike
	tool = dosai.NewTool("f", "", func(_ context.Context, given alike) (string, error) { other = given; return "", nil })
	made, err = json.Marshal(tool.Parameters)
	check(t, err == nil && string(made) == `{"additionalProperties":false,"properties":{"ID":{"type":"string"},"Weight":{"type":"integer"},`+
		`"letter_id":{"type":"string"},"parcel_id":{"type":"string"}},"required":["parcel_id","letter_id","Weight","ID"],"type":"object"}`, "%s", made)
	_, err = tool.Run(t.Context(), `{"parcel_id":"a","letter_id":"b","Weight":5,"ID":"c"}`)
	check(t, err == nil && other.Parcel.ID == "a" && other.Letter.ID == "b" && other.Size == 5 && other.ID == "c", "%v %+v", err, other)
}

func TestSchemasWithEnums(t *testing.T) {
	type arguments struct {
		Days  int      `json:"days" enum:"1,7"`
		Text  int      `json:"text,string" enum:"1,7"`
		Units []string `json:"units" enum:"C,F"`
		On    *bool    `json:"on" enum:"true"`
		Any   any      `json:"any" enum:"a"`
		Rows  [][]int  `json:"rows" enum:"1,7"`
	}
	made, err := json.Marshal(dosai.NewTool("f", "", func(context.Context, arguments) (string, error) { return "", nil }).Parameters.(map[string]any)["properties"])
	check(t, err == nil && string(made) == `{"any":{"enum":["a"]},"days":{"enum":[1,7],"type":"integer"},"on":{"enum":[true],"type":"boolean"},`+
		`"rows":{"items":{"items":{"enum":[1,7],"type":"integer"},"type":"array"},"type":"array"},"text":{"enum":["1","7"],"type":"string"},"units":{"items":{"enum":["C","F"],"type":"string"},"type":"array"}}`, "%s", made)
}

type (
	tree  struct{ Children []*tree }
	list  []list
	table map[string]struct{ Next *table }
)

// A type that contains itself is refused, before the stack overflows.
func TestRecursiveSchemas(t *testing.T) {
	for name, make := range map[string]func(){
		"tree":  func() { dosai.NewTool("f", "", func(context.Context, tree) (string, error) { return "", nil }) },
		"list":  func() { dosai.JSONSchema[struct{ Of list }]("f") },
		"table": func() { dosai.JSONSchema[table]("f") },
	} {
		func() {
			defer func() {
				check(t, recover() == "dosai: a schema cannot describe dosai_test."+name, "%s", name)
			}()
			make()
		}()
	}
}

func TestExamples(t *testing.T) {
	folder := t.TempDir()
	if said, err := exec.Command("go", "build", "-o", folder, "./examples/...").CombinedOutput(); err != nil {
		t.Fatalf("%s", said)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asks := func(text string) bool { return strings.Contains(string(body), text) }
		switch {
		case asks(`"stream":true`):
			words(3, true)(w, r)
		case asks(`"json_schema"`):
			io.WriteString(w, answer(`{"name":"Paris","country":"France","is_capital":true}`))
		case asks(`"tools"`) && !asks(`"role":"tool"`):
			io.WriteString(w, answer("", `,"tool_calls":[{"id":"1","type":"function","function":{"name":"get_weather","arguments":"{\"location\":\"Tokyo\"}"}}]`))
		case asks("light rain in Tokyo"):
			io.WriteString(w, answer("It rains."))
		default:
			io.WriteString(w, answer("Hello"))
		}
	}))
	defer server.Close()
	for name, want := range map[string]string{"chat": "Hello\n3 tokens\n", "stream": "0 1 2 \n", "tools": "It rains.\n",
		"json_mode": "Paris, France, capital: true\n", "many": "100 answers; the first: Hello\n"} {
		command := exec.Command(filepath.Join(folder, name))
		command.Env = append(os.Environ(), "DOSAI_BASE_URL="+server.URL, "DOSAI_API_KEY=k")
		said, err := command.CombinedOutput()
		check(t, err == nil && string(said) == want, "%s: %v %s", name, err, said)
	}
}
