package dosai

// #include "batch.h"
import "C"

import (
	"context"
	"iter"
	"runtime"
	"unsafe"
)

// Kind says what a chunk is, and which of its fields are set.
type Kind int32

const (
	KindOther     Kind = C.DOSAI_CHUNK_OTHER // anything else: a role, an empty delta, unknown fields
	KindContent   Kind = C.DOSAI_CHUNK_CONTENT
	KindReasoning Kind = C.DOSAI_CHUNK_REASONING
	KindRefusal   Kind = C.DOSAI_CHUNK_REFUSAL
	KindToolCall  Kind = C.DOSAI_CHUNK_TOOL_CALL // ToolCall; Text: the next piece of the arguments
	KindFinish    Kind = C.DOSAI_CHUNK_FINISH    // Text: the reason, in the server's word
	KindUsage     Kind = C.DOSAI_CHUNK_USAGE
	KindEvent     Kind = C.DOSAI_CHUNK_EVENT // only from PostStream: Text, the event's data; EventType; EventID
)

// String is the name of the kind, such as "TOOL_CALL".
func (kind Kind) String() string {
	return nameOf("Kind", int32(kind), "OTHER", "CONTENT", "REASONING", "REFUSAL", "TOOL_CALL", "FINISH", "USAGE", "EVENT")
}

// Chunk is a piece of a stream. An event of the server yields one or more.
type Chunk struct {
	Kind         Kind
	Choice       int  // the server's index; -1 if none
	LastInEvent  bool // its event yields no more
	Text         string
	ToolCall     int // the server's index, not a position; -1 if none
	ToolCallID   string
	ToolCallName string
	EventType    string
	EventID      string
	Usage        *Usage
	JSON         string // the whole event, with the fields that are not here
}

// Content is the text of a chunk of the answer's content, and "" of any other.
func (chunk *Chunk) Content() string {
	if chunk.Kind == KindContent {
		return chunk.Text
	}
	return ""
}

// readChunk reads a chunk whose texts are in that of its part.
func readChunk(from *C.dosai_go_chunk, text string) Chunk {
	first := from.at + from.text_length
	second := first + from.id_length
	chunk := Chunk{
		Kind: Kind(from.kind), Choice: int(from.choice), LastInEvent: from.last_in_event != 0,
		Text: text[from.at:first], ToolCall: int(from.tool_call), JSON: text[from.json_at : from.json_at+from.json_length],
	}
	id, name := text[first:second], text[second:second+from.name_length]
	if chunk.Kind == KindEvent {
		chunk.EventID, chunk.EventType = id, name
	} else {
		chunk.ToolCallID, chunk.ToolCallName = id, name
	}
	if from.has_usage != 0 {
		var usage C.dosai_usage
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&usage)), unsafe.Sizeof(usage)), text[second+from.name_length:])
		chunk.Usage = readUsage(&usage)
	}
	return chunk
}

// Stream is a streaming call. It is for one goroutine.
type Stream struct {
	client     *Client
	ctx        context.Context
	kind       C.int
	path       string
	request    any
	unread     *C.dosai_completion // until it is asked for, or the stream is garbage
	cleanup    runtime.Cleanup
	completion *Completion
}

// All sends the request, and yields the chunks as they come. An error is the last that it yields, with a zero Chunk; the
// stream of a loop that ends without one is complete. To leave the loop cancels the call. All can be used once.
func (stream *Stream) All() iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		client := stream.client
		if client == nil {
			yield(Chunk{}, failed(InvalidArgument, "the stream was read before", nil))
			return
		}
		stream.client = nil
		call, err := client.submit(stream.ctx, stream.kind, stream.path, stream.request)
		if err != nil {
			yield(Chunk{}, err)
			return
		}
		defer call.free()
		if !stream.yieldAll(call, yield) {
			return
		}
		read := func(last *C.dosai_go_part) {
			C.dosai_completion_copy(last.completion, &stream.unread, nil)
			stream.cleanup = runtime.AddCleanup(stream, func(unread *C.dosai_completion) { C.dosai_completion_free(unread) }, stream.unread)
		}
		if err := call.result(stream.ctx, read); err != nil {
			yield(Chunk{}, err)
		}
	}
}

// yieldAll gives whether all chunks were wanted.
func (stream *Stream) yieldAll(call *call, yield func(Chunk, error) bool) bool {
	var parts []part
	for {
		if parts = call.next(stream.ctx, parts); len(parts) == 0 {
			return true
		}
		for _, part := range parts {
			for at := range part.chunks {
				if stream.ctx.Err() != nil {
					call.isCancelled = true
					call.cancel()
					break
				}
				if !yield(readChunk(&part.chunks[at], part.text), nil) {
					return false
				}
			}
		}
	}
}

// Completion is the answer put together, once All has ended without an error; before, and otherwise, nil. A part of it
// is in the error.
func (stream *Stream) Completion() *Completion {
	if stream.unread != nil {
		stream.cleanup.Stop()
		stream.completion = readCompletion(stream.unread)
		C.dosai_completion_free(stream.unread)
		stream.unread = nil
	}
	return stream.completion
}
