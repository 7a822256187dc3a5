package dosai

import (
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Tool is a function that the model may call. [NewTool] makes one of a function; to describe one yourself, set the
// fields. Run gets the arguments as the model wrote them, and gives what the model is told.
type Tool struct {
	Name        string
	Description string
	Parameters  any // a JSON schema; nil: none
	Run         func(ctx context.Context, arguments string) (string, error)
}

// MarshalJSON is the form in which a tool is sent.
func (tool Tool) MarshalJSON() ([]byte, error) {
	function := map[string]any{"name": tool.Name}
	if tool.Description != "" {
		function["description"] = tool.Description
	}
	if tool.Parameters != nil {
		function["parameters"] = tool.Parameters
	}
	return json.Marshal(map[string]any{"type": "function", "function": function})
}

// NewTool makes a tool of a function whose argument is a struct. Its fields are the parameters, embedded ones as
// encoding/json takes them: `json` gives the name, and with omitempty one may be left out; `description` describes it to
// the model; `enum:"a,b"` lists its values, or those in its list. A field that decodes itself from a text is a string, as
// []byte is, which encoding/json decodes from base64; one that decodes itself from any JSON, such as json.RawMessage, may
// be anything. NewTool panics at a type that has no schema, such as a function, or one that contains itself. A result that
// is no string is sent as JSON.
func NewTool[Arguments, Result any](name, description string,
	function func(context.Context, Arguments) (Result, error)) Tool {
	run := func(ctx context.Context, text string) (string, error) {
		var arguments Arguments
		if bare := strings.TrimSpace(text); bare == "" || bare == "null" {
			text = "{}"
		}
		if err := json.Unmarshal([]byte(text), &arguments); err != nil {
			return "", fmt.Errorf("the arguments do not fit: %w", err)
		}
		result, err := function(ctx, arguments)
		if err != nil {
			return "", err
		}
		if plain, isText := any(result).(string); isText {
			return plain, nil
		}
		encoded, err := json.Marshal(result)
		return string(encoded), err
	}
	return Tool{Name: name, Description: description, Parameters: schemaOf[Arguments](), Run: run}
}

// RunTools asks the model, runs the functions that it calls, those of one answer at once, tells it the results, and so on
// until it answers. An error of a function is told to the model, too, and that a result is not UTF-8. request.Messages
// grows by each round; the answer is not in it. After maxRounds answers (0: 10) that still have calls, the error is
// TooLarge, and Truncated if an answer with calls was cut short; their calls do not run. If a function panics, RunTools
// panics, with an error that has its stack. A ToolChoice that forces a call holds for the first question.
func (client *Client) RunTools(ctx context.Context, request *Request, maxRounds int) (*Completion, error) {
	return runRounds(ctx, request, maxRounds, client.Chat)
}

// RunToolsStream is [Client.RunTools] with streams: each chunk of all answers is passed to onChunk. To stop, cancel ctx.
func (client *Client) RunToolsStream(ctx context.Context, request *Request, maxRounds int, onChunk func(Chunk)) (*Completion, error) {
	return runRounds(ctx, request, maxRounds, func(ctx context.Context, request any) (*Completion, error) {
		stream := client.Stream(ctx, request)
		for chunk, err := range stream.All() {
			if err != nil {
				return nil, err
			}
			onChunk(chunk)
		}
		return stream.Completion(), nil
	})
}

func runRounds(ctx context.Context, request *Request, maxRounds int,
	ask func(context.Context, any) (*Completion, error)) (*Completion, error) {
	if maxRounds == 0 {
		maxRounds = 10
	}
	current := *request
	for round := 1; ; round++ {
		current.Messages = request.Messages
		completion, err := ask(ctx, current)
		if err != nil {
			return nil, err
		}
		if len(completion.Choices) == 0 || len(completion.Choices[0].Message.ToolCalls) == 0 {
			return completion, nil
		}
		choice := completion.Choices[0]
		if choice.FinishReason == "length" || choice.FinishReason == "content_filter" {
			return nil, unfinished(Truncated, "an answer with calls was cut short: "+choice.FinishReason, completion)
		}
		if round >= maxRounds {
			return nil, unfinished(TooLarge, fmt.Sprintf("the model still calls functions in round %d", round), completion)
		}
		results := runAll(ctx, request.Tools, choice.Message.ToolCalls)
		if ctx.Err() != nil {
			return nil, cancelled(ctx)
		}
		request.Messages = append(append(request.Messages[:len(request.Messages):len(request.Messages)], choice.Message), results...)
		current.ToolChoice = unforced(current.ToolChoice)
	}
}

// unforced is the choice of the questions after the first: with a call that is forced, the model could only call again.
func unforced(choice any) any {
	var object map[string]any
	text, _ := json.Marshal(choice)
	_ = json.Unmarshal(text, &object) // if it is one
	if string(text) == `"required"` || object["function"] != nil || object["custom"] != nil {
		return nil
	}
	if allowed, _ := object["allowed_tools"].(map[string]any); allowed["mode"] == "required" {
		allowed["mode"] = "auto"
		return object
	}
	return choice
}

func unfinished(status Status, message string, completion *Completion) *Error {
	err := failed(status, message, nil)
	err.Completion = completion
	return err
}

func runAll(ctx context.Context, tools []Tool, calls []ToolCall) []Message {
	results, panics := make([]Message, len(calls)), make([]error, len(calls))
	var group sync.WaitGroup
	for at, call := range calls {
		group.Add(1)
		go func() {
			defer group.Done()
			defer func() {
				if value := recover(); value != nil {
					err, isError := value.(error)
					if !isError {
						err = fmt.Errorf("%v", value)
					}
					panics[at] = fmt.Errorf("%w\n\n%s", err, debug.Stack())
				}
			}()
			results[at] = ToolResult(call.ID, "error: the function failed") // by runtime.Goexit
			content, err := run(ctx, tools, call)
			if err != nil {
				content = "error: " + textOf(err)
			}
			if !utf8.ValidString(content) {
				content = "error: the result is not UTF-8"
			}
			results[at] = ToolResult(call.ID, content)
		}()
	}
	group.Wait()
	for _, err := range panics {
		if err != nil {
			panic(err) // the caller may recover from it
		}
	}
	return results
}

// textOf gives the text of an error, whose method may panic, such as that of a nil pointer.
func textOf(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = "the function failed"
		}
	}()
	return err.Error()
}

func run(ctx context.Context, tools []Tool, call ToolCall) (string, error) {
	for _, tool := range tools {
		if tool.Name == call.Name && tool.Run != nil {
			return tool.Run(ctx, call.Arguments)
		}
	}
	return "", fmt.Errorf("there is no function %s", call.Name)
}

// ---- schemas

func schemaOf[T any]() map[string]any {
	kind := reflect.TypeFor[T]()
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return schema(kind, nil)
}

// schema describes a type inside of others. The outermost is described by its fields, however it decodes itself: what
// the model sends is an object.
func schema(kind reflect.Type, within []reflect.Type) map[string]any {
	decoded := reflect.PointerTo(kind)
	switch {
	case slices.Contains(within, kind):
		panic("dosai: a schema cannot describe " + kind.String())
	case kind == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case len(within) > 0 && decoded.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return map[string]any{}
	case len(within) > 0 && decoded.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()),
		kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Uint8:
		return map[string]any{"type": "string"}
	}
	within = append(within, kind)
	switch kind.Kind() {
	case reflect.Pointer:
		return schema(kind.Elem(), within)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice, reflect.Array:
		return map[string]any{"type": "array", "items": schema(kind.Elem(), within)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schema(kind.Elem(), within)}
	case reflect.Struct:
		return structSchema(kind, within)
	case reflect.Interface:
		return map[string]any{}
	}
	if kind.ConvertibleTo(reflect.TypeFor[int64]()) {
		return map[string]any{"type": "integer"}
	}
	panic("dosai: a schema cannot describe " + kind.String())
}

func structSchema(kind reflect.Type, within []reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	all := fieldsOf(kind, nil)
	for at, field := range all {
		isHidden := false
		for other, more := range all {
			isHidden = isHidden || other != at && more.name == field.name && more.rank <= field.rank
		}
		if isHidden {
			continue
		}
		property := schema(field.Type, within)
		isQuoted := slices.Contains(strings.Split(field.options, ","), "string")
		if isQuoted && isBare(property) {
			property["type"] = "string"
		}
		if description := field.Tag.Get("description"); description != "" {
			property["description"] = description
		}
		if values := field.Tag.Get("enum"); values != "" {
			setEnum(property, strings.Split(values, ","))
		}
		if !strings.Contains(field.options, "omitempty") && !strings.Contains(field.options, "omitzero") {
			required = append(required, field.name)
		}
		properties[field.name] = property
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// jsonField is a field as encoding/json sees it.
type jsonField struct {
	reflect.StructField
	name, options string
	rank          int // of fields with one name, the one with the least counts; if two have it, none counts
}

// fieldsOf gives the fields of a struct and, in place of an embedded struct without a name, that one's.
func fieldsOf(kind reflect.Type, within []reflect.Type) []jsonField {
	var fields []jsonField
	if slices.Contains(within, kind) {
		return nil
	}
	within = append(within, kind)
	for at := range kind.NumField() {
		field, rank := kind.Field(at), 2*len(within)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		embedded, isPointer := field.Type, field.Type.Kind() == reflect.Pointer
		if isPointer {
			embedded = embedded.Elem()
		}
		isStruct := field.Anonymous && embedded.Kind() == reflect.Struct
		if tag == "-" || !field.IsExported() && (!isStruct || isPointer) {
			continue // of such a pointer, encoding/json cannot make the struct
		}
		if isStruct && name == "" {
			fields = append(fields, fieldsOf(embedded, within)...)
			continue
		}
		if name == "" {
			name, rank = field.Name, rank+1
		}
		fields = append(fields, jsonField{field, name, options, rank})
	}
	return fields
}

// setEnum lists the values of a property, or of what is in its list.
func setEnum(property map[string]any, values []string) {
	for property["items"] != nil {
		property = property["items"].(map[string]any)
	}
	enum := make([]any, len(values))
	for at, value := range values {
		enum[at] = value
		if isBare(property) {
			enum[at] = json.RawMessage(value)
		}
	}
	property["enum"] = enum
}

// isBare tells whether JSON has no quotes around such a value.
func isBare(property map[string]any) bool {
	return slices.Contains([]any{"boolean", "integer", "number"}, property["type"])
}
