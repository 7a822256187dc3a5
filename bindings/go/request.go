package dosai

import (
	"encoding/json"
	"maps"
	"slices"
)

// Request is the body of a chat. What has no field here goes into Extra.
type Request struct {
	Model               string         `json:"model,omitempty"`
	Messages            []Message      `json:"messages"`
	Tools               []Tool         `json:"tools,omitempty"`
	ToolChoice          any            `json:"tool_choice,omitempty"`
	Temperature         *float64       `json:"temperature,omitempty"`
	TopP                *float64       `json:"top_p,omitempty"`
	MaxTokens           int            `json:"max_tokens,omitempty"`
	MaxCompletionTokens int            `json:"max_completion_tokens,omitempty"`
	N                   int            `json:"n,omitempty"`
	Seed                *int64         `json:"seed,omitempty"`
	Stop                []string       `json:"stop,omitempty"`
	ReasoningEffort     string         `json:"reasoning_effort,omitempty"`
	ResponseFormat      any            `json:"response_format,omitempty"` // see JSONSchema
	StreamOptions       any            `json:"stream_options,omitempty"`
	User                string         `json:"user,omitempty"`
	Extra               map[string]any `json:"-"`
}

// MarshalJSON adds what is in Extra.
func (request Request) MarshalJSON() ([]byte, error) {
	type plain Request
	return withExtra(plain(request), request.Extra)
}

// Message is a message of a conversation. The message of an answer can be sent again as it is.
type Message struct {
	Role       string
	Content    string
	Parts      any    // instead of Content: a list of content parts, as the server wants them
	Reasoning  string // of an answer; it is sent only in JSON, for its name differs between servers
	Refusal    string
	ToolCalls  []ToolCall
	ToolCallID string          // of the role "tool"
	JSON       json.RawMessage // the message as the server sent it. If it is set, it alone is sent
}

// MarshalJSON gives JSON, if that is set, or else a message of the fields.
func (message Message) MarshalJSON() ([]byte, error) {
	if message.JSON != nil {
		return message.JSON, nil
	}
	wire := struct {
		Role       string     `json:"role"`
		Content    any        `json:"content"`
		Refusal    string     `json:"refusal,omitempty"`
		ToolCalls  []wireCall `json:"tool_calls,omitempty"`
		ToolCallID string     `json:"tool_call_id,omitempty"`
	}{message.Role, message.Content, message.Refusal, nil, message.ToolCallID}
	if message.Parts != nil {
		wire.Content = message.Parts
	}
	for _, call := range message.ToolCalls {
		wire.ToolCalls = append(wire.ToolCalls, wireCall{call.ID, "function", wireFunction{call.Name, call.Arguments}})
	}
	return json.Marshal(wire)
}

// UnmarshalJSON reads a message of a conversation that was kept as JSON. It is sent again as it was.
func (message *Message) UnmarshalJSON(text []byte) error {
	var wire struct {
		Role       string    `json:"role"`
		Content    any       `json:"content"`
		Refusal    string    `json:"refusal"`
		ToolCalls  keptCalls `json:"tool_calls"`
		ToolCallID string    `json:"tool_call_id"`
	}
	if err := json.Unmarshal(text, &wire); err != nil {
		return err
	}
	read := Message{Role: wire.Role, Refusal: wire.Refusal, ToolCallID: wire.ToolCallID, JSON: slices.Clone(text)}
	if content, isText := wire.Content.(string); isText {
		read.Content = content
	} else {
		read.Parts = wire.Content
	}
	for _, call := range wire.ToolCalls {
		var arguments string
		if json.Unmarshal(call.Function.Arguments, &arguments) != nil {
			arguments = string(call.Function.Arguments) // some servers send an object
		}
		read.ToolCalls = append(read.ToolCalls, ToolCall{call.ID, call.Function.Name, arguments})
	}
	*message = read
	return nil
}

type keptCall struct {
	ID       string `json:"id"`
	Function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	} `json:"function"`
}

type keptCalls []keptCall

// UnmarshalJSON reads a list, or one call alone, which some servers send; {} is none.
func (calls *keptCalls) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, (*[]keptCall)(calls)) == nil {
		return nil
	}
	var fields map[string]json.RawMessage
	if *calls = nil; json.Unmarshal(text, &fields) == nil && len(fields) == 0 {
		return nil
	}
	*calls = make(keptCalls, 1)
	return json.Unmarshal(text, &(*calls)[0])
}

type wireCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function wireFunction `json:"function"`
}

type wireFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// System, User and Assistant are messages of a text.
func System(text string) Message    { return Message{Role: "system", Content: text} }
func User(text string) Message      { return Message{Role: "user", Content: text} }
func Assistant(text string) Message { return Message{Role: "assistant", Content: text} }

// ToolResult is the message that answers a call of the model.
func ToolResult(callID, content string) Message {
	return Message{Role: "tool", ToolCallID: callID, Content: content}
}

// JSONSchema is the ResponseFormat that asks for an answer of the shape of T, a struct; see [NewTool] for its tags.
func JSONSchema[T any](name string) any {
	return map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": name, "strict": true, "schema": schemaOf[T]()}}
}

func withExtra(value any, extra map[string]any) ([]byte, error) {
	encoded, err := json.Marshal(value)
	if err != nil || len(extra) == 0 {
		return encoded, err
	}
	fields := map[string]any{}
	var known map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &known); err != nil {
		return nil, err
	}
	for key, field := range known {
		fields[key] = field
	}
	maps.Copy(fields, extra)
	return json.Marshal(fields)
}
