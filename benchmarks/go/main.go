// Streams in Go: the CPU of the process a chunk, by the binding and by net/http with encoding/json.
// usage: MODE BASE CALLS   MODE: dosai or nethttp; the calls are one behind the other, on one connection.
// Prints nanoseconds of CPU, chunks, and bytes of text.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"

	"dosai.ai/dosai"
)

var messages = []map[string]string{{"role": "user", "content": "Hello!"}}

func cpu() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// seen is what a stream has brought.
type seen struct {
	chunks int
	text   strings.Builder
}

func withDosai(client *dosai.Client) (seen seen, err error) {
	for chunk, err := range client.Stream(context.Background(), dosai.Request{Model: "m", Messages: []dosai.Message{dosai.User("Hello!")}}).All() {
		if err != nil {
			return seen, err
		}
		seen.chunks++
		seen.text.WriteString(chunk.Content())
	}
	return seen, nil
}

// event has what programs read of a chunk.
type event struct {
	ID      string `json:"id"`
	Model   string `json:"model"`
	Created int64  `json:"created"`
	Choices []struct {
		Index int `json:"index"`
		Delta struct {
			Role      string `json:"role"`
			Content   string `json:"content"`
			ToolCalls []struct {
				Index    int    `json:"index"`
				ID       string `json:"id"`
				Function struct {
					Name      string `json:"name"`
					Arguments string `json:"arguments"`
				} `json:"function"`
			} `json:"tool_calls"`
		} `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		PromptTokens     int64 `json:"prompt_tokens"`
		CompletionTokens int64 `json:"completion_tokens"`
	} `json:"usage"`
}

func withNetHTTP(client *http.Client, base string) (seen seen, err error) {
	body, err := json.Marshal(map[string]any{"model": "m", "messages": messages, "stream": true})
	if err != nil {
		return seen, err
	}
	request, err := http.NewRequest("POST", base+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return seen, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return seen, err
	}
	defer response.Body.Close()
	lines := bufio.NewReaderSize(response.Body, 64<<10)
	var chunk event
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return seen, err
		}
		data, isData := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), []byte("data: "))
		if !isData {
			continue
		}
		if string(data) == "[DONE]" {
			_, err := lines.WriteTo(io.Discard) // else the connection is closed
			return seen, err
		}
		clear(chunk.Choices) // encoding/json would leave in them what an event does not have
		chunk = event{Choices: chunk.Choices[:0]}
		if err := json.Unmarshal(data, &chunk); err != nil {
			return seen, err
		}
		seen.chunks++
		if len(chunk.Choices) > 0 {
			seen.text.WriteString(chunk.Choices[0].Delta.Content)
		}
	}
}

func main() {
	mode, base := os.Args[1], os.Args[2]
	calls, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	var once func() (seen, error)
	if mode == "dosai" {
		client, err := dosai.NewClient(dosai.Options{BaseURL: base, MaxTextBytes: -1})
		if err != nil {
			panic(err)
		}
		defer client.Close()
		once = func() (seen, error) { return withDosai(client) }
	} else {
		client := &http.Client{Transport: &http.Transport{DisableCompression: true, ReadBufferSize: 64 << 10}}
		once = func() (seen, error) { return withNetHTTP(client, base) }
	}
	before, chunks, text := cpu(), 0, 0
	for range calls {
		one, err := once()
		if err != nil {
			panic(err)
		}
		chunks += one.chunks
		text += one.text.Len()
	}
	fmt.Println(cpu()-before, chunks, text)
}
