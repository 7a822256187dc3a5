// The testee of Go: see Tests/Bindings/README.md.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"dosai.ai/dosai"
)

type object = map[string]any

// ---- what came of a call, as JSON

func attempts(list []dosai.Attempt) []object {
	made := []object{}
	for _, each := range list {
		made = append(made, object{"status": each.Status.String(), "http_status": each.HTTPStatus, "delay_ms": each.Delay.Milliseconds()})
	}
	return made
}

func usage(counts dosai.Usage) object {
	return object{"prompt_tokens": counts.PromptTokens, "completion_tokens": counts.CompletionTokens,
		"total_tokens": counts.TotalTokens, "cached_tokens": counts.CachedTokens, "reasoning_tokens": counts.ReasoningTokens}
}

func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// told is an empty text where the message's JSON has one, and null where it has none: a Go string cannot tell.
func told(text string, message any, path ...any) any {
	for _, each := range path {
		switch key := each.(type) {
		case string:
			message = message.(object)[key]
		case int:
			if list, isList := message.([]any); isList { // some servers send one alone
				message = list[key]
			}
		}
	}
	if empty, isText := message.(string); isText && empty == "" {
		return ""
	}
	return optional(text)
}

func completionOf(answer *dosai.Completion) any {
	if answer == nil {
		return nil
	}
	choices := []object{}
	for _, each := range answer.Choices {
		var message any
		json.Unmarshal(each.Message.JSON, &message)
		calls := []object{}
		for at, call := range each.Message.ToolCalls {
			calls = append(calls, object{"id": told(call.ID, message, "tool_calls", at, "id"), "name": optional(call.Name), "arguments": optional(call.Arguments)})
		}
		choices = append(choices, object{"index": each.Index, "role": optional(each.Message.Role),
			"content": told(each.Message.Content, message, "content"), "refusal": optional(each.Message.Refusal),
			"reasoning": optional(each.Message.Reasoning), "finish_reason": optional(each.FinishReason), "tool_calls": calls})
	}
	quirks := append([]string{}, answer.Quirks...)
	return object{"json": string(answer.JSON), "id": optional(answer.ID), "object": optional(answer.Object),
		"created": answer.Created, "model": optional(answer.Model), "choices": choices, "usage": usage(answer.Usage),
		"quirks": quirks, "http_status": answer.HTTPStatus, "attempts": attempts(answer.Attempts)}
}

var clocks = []any{nil, "connect", "first_token", "idle", "total"}

func milliseconds(duration time.Duration) int64 {
	if duration < 0 {
		return -1
	}
	return duration.Milliseconds()
}

func errorOf(err *dosai.Error) any {
	if err == nil {
		return nil
	}
	var body any
	if err.Body != nil {
		body = hex.EncodeToString(err.Body)
	}
	return object{"status": err.Status.String(), "message": err.Message, "http_status": err.HTTPStatus,
		"code": optional(err.Code), "type": optional(err.Type), "param": optional(err.Param), "body": body,
		"clock": clocks[err.Clock], "retry_after_ms": milliseconds(err.RetryAfter), "request_id": optional(err.RequestID),
		"attempts": attempts(err.Attempts), "completion": completionOf(err.Completion)}
}

// ---- chunks, put together to events

type event struct {
	JSON    string    `json:"json"`
	Choices []*choice `json:"choices"`
	Usage   any       `json:"usage,omitempty"`
	of      map[int]*choice
}

type choice struct {
	Index        int          `json:"index"`
	Content      string       `json:"content,omitempty"`
	Reasoning    string       `json:"reasoning,omitempty"`
	Refusal      string       `json:"refusal,omitempty"`
	FinishReason string       `json:"finish_reason,omitempty"`
	ToolCalls    []*toolPiece `json:"tool_calls,omitempty"`
}

type toolPiece struct {
	Index     int    `json:"index"`
	ID        string `json:"id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

func (seen *event) take(chunk dosai.Chunk) {
	if chunk.Usage != nil {
		seen.Usage = usage(*chunk.Usage)
	}
	if chunk.Choice < 0 {
		return
	}
	of := seen.of[chunk.Choice]
	if of == nil {
		of = &choice{Index: chunk.Choice}
		seen.of[chunk.Choice] = of
		seen.Choices = append(seen.Choices, of)
	}
	switch chunk.Kind {
	case dosai.KindContent:
		of.Content += chunk.Text
	case dosai.KindReasoning:
		of.Reasoning += chunk.Text
	case dosai.KindRefusal:
		of.Refusal += chunk.Text
	case dosai.KindFinish:
		of.FinishReason += chunk.Text
	case dosai.KindToolCall:
		var piece *toolPiece
		for _, each := range of.ToolCalls {
			if each.Index == chunk.ToolCall {
				piece = each
			}
		}
		if piece == nil {
			piece = &toolPiece{Index: chunk.ToolCall}
			of.ToolCalls = append(of.ToolCalls, piece)
		}
		piece.ID += chunk.ToolCallID
		piece.Name += chunk.ToolCallName
		piece.Arguments += chunk.Text
	}
}

// ---- calls

type asked struct {
	URL           string                     `json:"url"`
	Options       map[string]json.RawMessage `json:"options"`
	Request       json.RawMessage            `json:"request"`
	Face          string                     `json:"face"`
	CancelAfter   *int                       `json:"cancel_after"`
	DropAfter     *int                       `json:"drop_after"`
	CancelAfterMS *int                       `json:"cancel_after_ms"`
	PauseAfter    *int                       `json:"pause_after"`
}

// set finds the field for a name of C's: max_json_nodes is MaxJSONNodes, idle_timeout_ms is IdleTimeout.
func set(options *dosai.Options, name string, value json.RawMessage) error {
	name, isDuration := strings.CutSuffix(name, "_ms")
	wanted := strings.ReplaceAll(name, "_", "")
	field := reflect.ValueOf(options).Elem().FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, wanted) })
	if !field.IsValid() {
		return fmt.Errorf("an unknown option: %s", name)
	}
	var number int64
	if field.Kind() == reflect.Bool || isDuration {
		if err := json.Unmarshal(value, &number); err != nil {
			return err
		}
		if field.Kind() == reflect.Bool {
			field.SetBool(number != 0)
		} else {
			field.SetInt(number * int64(time.Millisecond))
		}
		return nil
	}
	return json.Unmarshal(value, field.Addr().Interface())
}

var clients = map[string]*dosai.Client{}

func clientFor(url string, given map[string]json.RawMessage) (*dosai.Client, error) {
	identity, _ := json.Marshal([]any{url, given})
	if kept := clients[string(identity)]; kept != nil {
		return kept, nil
	}
	options := dosai.Options{BaseURL: url}
	for name, value := range given {
		if err := set(&options, name, value); err != nil {
			return nil, err
		}
	}
	client, err := dosai.NewClient(options)
	if err == nil {
		clients[string(identity)] = client
	}
	return client, err
}

func stream(ctx context.Context, client *dosai.Client, call asked, cancel func()) (events []*event, answer *dosai.Completion, err error) {
	stream := client.Stream(ctx, call.Request)
	var open *event
	events = []*event{}
	for chunk, err := range stream.All() {
		if err != nil {
			return events, nil, err
		}
		if open == nil {
			open = &event{JSON: chunk.JSON, Choices: []*choice{}, of: map[int]*choice{}}
			events = append(events, open)
		}
		open.take(chunk)
		if !chunk.LastInEvent {
			continue
		}
		open = nil
		if call.CancelAfter != nil && len(events) == *call.CancelAfter {
			cancel()
		}
		if call.PauseAfter != nil && len(events) == *call.PauseAfter {
			time.Sleep(300 * time.Millisecond)
		}
		if call.DropAfter != nil && len(events) == *call.DropAfter {
			break
		}
	}
	return events, stream.Completion(), nil
}

func serve(call asked) (told any) {
	defer func() {
		if panicked := recover(); panicked != nil {
			told = object{"failed": fmt.Sprint(panicked)}
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if call.CancelAfter != nil && *call.CancelAfter == 0 {
		cancel()
	}
	if call.CancelAfterMS != nil && *call.CancelAfterMS == 0 {
		cancel()
	} else if call.CancelAfterMS != nil {
		timer := time.AfterFunc(time.Duration(*call.CancelAfterMS)*time.Millisecond, cancel)
		defer timer.Stop()
	}
	var answer *dosai.Completion
	events := []*event{}
	client, err := clientFor(call.URL, call.Options)
	if err == nil {
		face, isAsync := strings.CutPrefix(call.Face, "async_")
		work := func() { answer, err = client.Chat(ctx, call.Request) }
		if face == "stream" {
			work = func() { events, answer, err = stream(ctx, client, call, cancel) }
		} else if face != "whole" {
			return object{"failed": "an unknown face"}
		}
		if isAsync {
			done := make(chan struct{})
			go func() { defer close(done); work() }()
			<-done
		} else {
			work()
		}
	}
	var failure *dosai.Error
	if err != nil && !errors.As(err, &failure) {
		return object{"failed": err.Error()}
	}
	status := dosai.OK
	if failure != nil {
		status = failure.Status
	}
	return object{"status": status.String(), "chunks": events, "completion": completionOf(answer), "error": errorOf(failure)}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "chat" {
		os.Exit(chat(os.Args[2:]))
	}
	lines, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var call asked
		if err := json.Unmarshal(line, &call); err != nil {
			out.Encode(object{"failed": err.Error()})
		} else {
			out.Encode(serve(call))
		}
	}
}
