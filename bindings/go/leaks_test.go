//go:build !race

package dosai_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dosai.ai/dosai"
)

const slowness = 1

func resident() int {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

// Of LEAK_CALLS calls, 10,000 if it is not set: whole, streamed, dropped, cancelled and failed.
func TestLeaks(t *testing.T) {
	calls, _ := strconv.Atoi(os.Getenv("LEAK_CALLS"))
	calls = max(calls, 10_000)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), `"bad"`):
			http.Error(w, "{}", 400)
		case strings.Contains(string(body), `"stream":true`):
			for range 5 {
				event(w, piece("word"))
			}
			event(w, last)
			event(w, "[DONE]")
		default:
			io.WriteString(w, answer("word"))
		}
	})
	once := func(at int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		switch at % 5 {
		case 0:
			client.Chat(ctx, question)
		case 1:
			read(client.Stream(ctx, question))
		case 2:
			for range client.Stream(ctx, question).All() {
				break
			}
		case 3:
			for range client.Stream(ctx, question).All() {
				cancel()
			}
		case 4:
			client.Chat(ctx, dosai.Request{Model: "bad"})
		}
	}
	var samples []int
	for at := range calls {
		once(at)
		if at%(calls/60) == 0 {
			samples = append(samples, resident())
		}
	}
	grown := slices.Min(samples[45:60]) - slices.Min(samples[15:30]) // in half of the calls, by the lowest
	t.Logf("%d calls: %d KB, grown by %d KB in half of them", calls, resident()>>10, grown>>10)
	check(t, grown < 2<<20+25*calls, "grown by %d bytes", grown)
}
