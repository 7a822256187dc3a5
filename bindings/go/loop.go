package dosai

// #include "batch.h"
import "C"

import (
	"context"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

const unreadMax = 256 << 10 // bytes of a call's unread chunks; its connection then waits

// loop runs the calls of a client: one goroutine steps it whenever its descriptor is readable, and hands out what came.
type loop struct {
	mu       sync.Mutex // of all that the library wants one at a time, and of what is below
	client   *C.dosai_client
	handle   *C.dosai_loop
	batch    C.dosai_go_batch
	calls    map[C.uintptr_t]*call
	lastTag  C.uintptr_t
	isClosed bool
	ended    chan struct{}
}

func newLoop(client *C.dosai_client, maxInFlight int) (*loop, error) {
	var options C.dosai_loop_options
	C.dosai_loop_options_init(&options, C.size_t(unsafe.Sizeof(options)))
	options.max_in_flight = C.int32_t(maxInFlight)
	l := &loop{client: client, calls: map[C.uintptr_t]*call{}, ended: make(chan struct{})}
	var failure *C.dosai_error
	if status := C.dosai_loop_new(&options, &l.handle, &failure); status != C.DOSAI_OK {
		C.dosai_client_free(client)
		return nil, takeError(status, failure)
	}
	waiter, err := l.waiter()
	if err != nil {
		C.dosai_loop_close(l.handle, nil, nil, nil)
		C.dosai_client_free(client)
		return nil, failed(Resource, "the descriptor of the loop: "+err.Error(), err)
	}
	go l.run(waiter)
	return l, nil
}

// waiter is the loop's descriptor in Go's poller. os.NewFile owns what it is given, and so gets a copy.
func (l *loop) waiter() (*os.File, error) {
	syscall.ForkLock.RLock()
	fd, err := syscall.Dup(int(C.dosai_loop_fd(l.handle)))
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	return os.NewFile(uintptr(fd), "dosai loop"), err
}

func (l *loop) run(waiter *os.File) {
	if conn, err := waiter.SyscallConn(); err == nil {
		conn.Read(func(uintptr) bool {
			for l.step() {
				runtime.Gosched()
			}
			return l.closing()
		})
	}
	l.mu.Lock()
	C.dosai_go_close(l.handle, &l.batch)
	l.deliver()
	C.dosai_go_batch_free(&l.batch)
	C.dosai_client_free(l.client)
	l.mu.Unlock()
	waiter.Close()
	close(l.ended)
}

func (l *loop) closing() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isClosed
}

func (l *loop) close() {
	l.mu.Lock()
	if !l.isClosed {
		l.isClosed = true
		C.dosai_loop_wake(l.handle)
	}
	l.mu.Unlock()
	<-l.ended
}

// step gives whether there is more to do; the poller tells only what is new.
func (l *loop) step() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed {
		return false
	}
	hasMore := C.dosai_go_step(l.handle, &l.batch) != 0
	l.deliver()
	return hasMore
}

// deliver gives the records of the batch to their calls. Their texts are parts of one string.
func (l *loop) deliver() {
	records := unsafe.Slice(l.batch.records, l.batch.count)
	text := strings.Clone(unsafe.String((*byte)(unsafe.Pointer(l.batch.bytes)), l.batch.length))
	for len(records) > 0 {
		tag, count := records[0].tag, 1
		for count < len(records) && records[count].tag == tag {
			count++
		}
		if last := &records[count-1]; l.calls[tag].add(records[:count], text) {
			delete(l.calls, last.tag)
		}
		records = records[count:]
	}
}

func (client *Client) submit(ctx context.Context, path string, body any, isStream bool) (*call, error) {
	l, options := client.loop, &client.options
	bytes, err := encode(body)
	if err != nil {
		return nil, failed(InvalidArgument, "the request: "+err.Error(), err)
	}
	if ctx.Err() != nil {
		return nil, cancelled(ctx)
	}
	var kept words
	defer kept.free()
	var c C.dosai_call_options
	C.dosai_call_options_init(&c, C.size_t(unsafe.Sizeof(c)))
	c.max_retries = C.int32_t(options.MaxRetries)
	c.connect_timeout_ms = milliseconds(options.ConnectTimeout)
	c.first_token_timeout_ms = milliseconds(options.FirstTokenTimeout)
	c.idle_timeout_ms = milliseconds(options.IdleTimeout)
	c.total_timeout_ms = milliseconds(options.TotalTimeout)
	c.headers, c.header_count = kept.list(options.Headers)
	c.last_event = kept.one(options.LastEvent)
	var handle *C.dosai_call
	var failure *C.dosai_error
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed {
		return nil, failed(InvalidArgument, "the client is closed", nil)
	}
	l.lastTag++
	status := C.dosai_go_submit(l.handle, l.client, kept.one(path), (*C.char)(unsafe.Pointer(unsafe.SliceData(bytes))),
		C.size_t(len(bytes)), C.int(flag(isStream)), &c, l.lastTag, &handle, &failure)
	if status != C.DOSAI_OK {
		return nil, takeError(status, failure)
	}
	made := &call{client: client, handle: handle, ready: make(chan struct{}, 1)}
	l.calls[l.lastTag] = made
	return made, nil
}

// call is one call in the loop, with what has come for it and is unread.
type call struct {
	client *Client // not freed before
	ready  chan struct{}

	mu          sync.Mutex
	handle      *C.dosai_call // nil: nobody wants to know any more
	chunks      []Chunk
	bytes       int
	isPaused    bool
	isCancelled bool
	isOver      bool
	last        C.dosai_go_record
}

// add takes what came, and gives whether it was the last.
func (c *call) add(records []C.dosai_go_record, text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at := range records {
		record := &records[at]
		if record.completion != nil || record.error != nil || record.response != nil {
			c.last, c.isOver = *record, true
			break
		}
		if c.handle != nil {
			c.chunks = append(c.chunks, readChunk(record, text))
			c.bytes += int(record.json_length + record.text_length)
		}
	}
	if c.handle == nil && c.isOver {
		freeRecord(&c.last)
	}
	if c.bytes > unreadMax && !c.isPaused && !c.isOver && c.handle != nil {
		c.isPaused = true
		C.dosai_call_pause(c.handle)
	}
	select {
	case c.ready <- struct{}{}:
	default:
	}
	return c.isOver
}

// next waits for chunks, and gives all there are; none once the call is over. `read` is filled anew. When ctx ends, the
// call is cancelled, and what is unread thrown away.
func (c *call) next(ctx context.Context, read []Chunk) []Chunk {
	for {
		c.mu.Lock()
		read, c.chunks, c.bytes = c.chunks, read[:0], 0
		if c.isPaused {
			c.isPaused = false
			C.dosai_call_resume(c.handle)
		}
		isOver := c.isOver
		c.mu.Unlock()
		if ctx.Err() != nil && (len(read) > 0 || !isOver) {
			c.cancel()
		}
		if c.isCancelled {
			read = read[:0]
		}
		if len(read) > 0 || isOver {
			return read
		}
		if c.isCancelled {
			<-c.ready
			continue
		}
		select {
		case <-c.ready:
		case <-ctx.Done():
		}
	}
}

func (c *call) cancel() {
	if !c.isCancelled {
		c.isCancelled = true
		C.dosai_call_cancel(c.handle)
	}
}

// result is how the call ended. One that was cancelled after its end had come, but was unread, is cancelled.
func (c *call) result(ctx context.Context) (*C.dosai_go_record, error) {
	if c.last.error == nil && !c.isCancelled {
		return &c.last, nil
	}
	failure := cancelled(ctx)
	if c.last.error != nil {
		failure = takeError(C.dosai_error_status(c.last.error), c.last.error)
	} else if c.last.completion != nil {
		failure.Completion = readCompletion(c.last.completion)
	}
	if failure.Status == Cancelled {
		failure.cause = context.Cause(ctx)
	}
	c.last.error = nil
	freeRecord(&c.last)
	return nil, failure
}

// free lets the call go; if it still runs, it is cancelled.
func (c *call) free() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isOver {
		C.dosai_call_cancel(c.handle)
	}
	C.dosai_call_free(c.handle)
	c.handle = nil
	c.chunks = nil
}

func freeRecord(record *C.dosai_go_record) {
	C.dosai_completion_free(record.completion)
	C.dosai_error_free(record.error)
	C.dosai_response_free(record.response)
}
