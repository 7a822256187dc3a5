package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"dosai.ai/dosai"
)

var kinds = []string{"other", "content", "reasoning", "refusal", "tool_call", "finish", "usage"}

func line(value any) {
	encoded, _ := json.Marshal(value)
	fmt.Println(string(encoded))
}

func count[N int | int64](number N) any {
	if number < 0 {
		return nil
	}
	return number
}

func show(chunk dosai.Chunk) {
	shown := object{"kind": kinds[chunk.Kind], "choice": chunk.Choice}
	switch chunk.Kind {
	case dosai.KindContent, dosai.KindReasoning, dosai.KindRefusal:
		shown["text"] = chunk.Text
	case dosai.KindToolCall:
		shown["tool_call"], shown["text"] = chunk.ToolCall, optional(chunk.Text)
		if strings.Contains(chunk.JSON, `"arguments":`) {
			shown["text"] = chunk.Text // maybe empty, but there
		}
		shown["id"], shown["name"] = optional(chunk.ToolCallID), optional(chunk.ToolCallName)
	case dosai.KindFinish:
		shown["finish_reason"] = chunk.Text
	case dosai.KindUsage:
		counts := usage(*chunk.Usage)
		for key, number := range counts {
			counts[key] = count(number.(int64))
		}
		shown["usage"] = counts
	default:
		shown["json"] = json.RawMessage(chunk.JSON)
	}
	line(object{"chunk": shown})
}

func ms(duration time.Duration) any {
	if duration < 0 {
		return nil
	}
	return duration.Seconds() * 1e3
}

func times(timings dosai.Timings) object {
	return object{"connect_ms": ms(timings.Connect), "first_byte_ms": ms(timings.FirstByte),
		"first_token_ms": ms(timings.FirstToken), "total_ms": ms(timings.Total)}
}

func bodyOf(failure *dosai.Error) any {
	if failure.Body == nil {
		return nil
	}
	text := make([]rune, 0, len(failure.Body))
	for at := 0; at < len(failure.Body); {
		each, size := utf8.DecodeRune(failure.Body[at:])
		text, at = append(text, each), at+size
	}
	return string(text)
}

func exitStatus(status dosai.Status) int {
	switch status {
	case dosai.OK:
		return 0
	case dosai.InvalidArgument:
		return 2
	case dosai.Connection, dosai.Proxy, dosai.TLS, dosai.Timeout, dosai.Redirected:
		return 3
	case dosai.Truncated, dosai.Protocol, dosai.TooLarge:
		return 4
	case dosai.Cancelled:
		return 130
	}
	if status <= dosai.BadRequest && status >= dosai.Provider {
		return 1
	}
	return 5
}

// ask gives how the call ended: an answer, or an error.
func ask(ctx context.Context, client *dosai.Client, request any, isWhole bool) (*dosai.Completion, error) {
	if isWhole {
		return client.Chat(ctx, request)
	}
	stream := client.Stream(ctx, request)
	for chunk, err := range stream.All() {
		if err != nil {
			return nil, err
		}
		show(chunk)
	}
	return stream.Completion(), nil
}

func end(answer *dosai.Completion, err error) int {
	told := object{"status": "OK", "error": nil, "completion": nil, "quirks": []string{}}
	var failure *dosai.Error
	if errors.As(err, &failure) {
		answer = failure.Completion
		told["status"], told["attempts"], told["timings"] = failure.Status.String(), len(failure.Attempts), times(failure.Timings)
		httpStatus := failure.HTTPStatus
		if httpStatus == 0 {
			httpStatus = -1
		}
		told["error"] = object{"message": failure.Message, "http_status": count(httpStatus), "code": optional(failure.Code),
			"type": optional(failure.Type), "param": optional(failure.Param), "request_id": optional(failure.RequestID),
			"retry_after_ms": count(milliseconds(failure.RetryAfter)), "body": bodyOf(failure), "timeout": clocks[failure.Clock]}
	} else {
		failure = &dosai.Error{Status: dosai.OK}
		told["attempts"], told["timings"] = len(answer.Attempts), times(answer.Timings)
	}
	if answer != nil {
		told["completion"] = json.RawMessage(answer.JSON)
		told["quirks"] = append([]string{}, answer.Quirks...)
	}
	line(told)
	return exitStatus(failure.Status)
}

func chat(arguments []string) int {
	flags := flag.NewFlagSet("chat", flag.ExitOnError)
	flags.Bool("json", true, "always")
	isWhole, isAsync := flags.Bool("no-stream", false, "the whole answer at once"), flags.Bool("async", false, "in a goroutine")
	timeout, retries := flags.Float64("timeout", 0, "seconds"), flags.Int("max-retries", 2, "at most")
	url, file := flags.String("base-url", "", "of the server"), flags.String("request", "", "a file with fields of the request")
	model := flags.String("m", "", "the model")
	flags.Parse(arguments)
	request := dosai.Request{Model: *model, Messages: []dosai.Message{dosai.User(flags.Arg(0))}}
	if *file != "" {
		text, err := os.ReadFile(*file)
		if err == nil {
			err = json.Unmarshal(text, &request.Extra)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	if *retries == 0 {
		*retries = -1
	}
	client, err := dosai.NewClient(dosai.Options{BaseURL: *url, MaxRetries: *retries, TotalTimeout: time.Duration(*timeout * 1e9)})
	if err != nil {
		return end(nil, err)
	}
	defer client.Close()
	var answer *dosai.Completion
	work := func() { answer, err = ask(context.Background(), client, request, *isWhole) }
	if *isAsync {
		done := make(chan struct{})
		go func() { defer close(done); work() }()
		<-done
	} else {
		work()
	}
	return end(answer, err)
}
