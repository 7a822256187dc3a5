package dosai

// #include "batch.h"
import "C"

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const unreadMax = 256 << 10 // bytes of a call's unread chunks; its connection then waits

// loop runs the calls of a client. Of the goroutines that wait for one of them, one steps it, whenever its descriptor is
// readable, and hands out what came. It goes on until something has come for itself; then another takes its place.
type loop struct {
	waiter *os.File // the loop's descriptor in Go's poller
	conn   syscall.RawConn
	leader chan struct{} // full: someone steps
	asked  atomic.Bool   // for a step, by someone who waits for no call

	mu       sync.Mutex // of all that the library wants one at a time, and of what is below
	client   *C.dosai_client
	handle   *C.dosai_loop
	batch    C.dosai_go_batch
	calls    map[C.uintptr_t]*call
	lastTag  C.uintptr_t
	told     *observer
	isClosed bool
}

func newLoop(client *C.dosai_client, told *observer, maxInFlight int) (*loop, error) {
	var options C.dosai_loop_options
	C.dosai_loop_options_init(&options, C.size_t(unsafe.Sizeof(options)))
	options.max_in_flight = count(maxInFlight)
	l := &loop{client: client, told: told, calls: map[C.uintptr_t]*call{}, leader: make(chan struct{}, 1)}
	var failure *C.dosai_error
	if status := C.dosai_loop_new(&options, &l.handle, &failure); status != C.DOSAI_OK {
		C.dosai_client_free(client)
		told.free()
		return nil, takeError(status, failure)
	}
	if err := l.openWaiter(); err != nil {
		l.close()
		return nil, failed(Resource, "the descriptor of the loop: "+err.Error(), err)
	}
	return l, nil
}

// openWaiter gives os.NewFile, which owns what it is given, a copy of the descriptor.
func (l *loop) openWaiter() error {
	syscall.ForkLock.RLock()
	fd, err := syscall.Dup(int(C.dosai_loop_fd(l.handle)))
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	err = syscall.SetNonblock(fd, true)
	l.waiter = os.NewFile(uintptr(fd), "dosai loop")
	if err == nil {
		l.conn, err = l.waiter.SyscallConn()
	}
	return err
}

func (l *loop) close() {
	if l.end() && l.waiter != nil {
		l.waiter.Close() // without the lock, for it waits until nobody steps
	}
}

// end gives whether the loop had not ended before.
func (l *loop) end() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed {
		return false
	}
	l.isClosed = true
	C.dosai_go_close(l.handle, &l.batch)
	l.deliver()
	C.dosai_go_batch_free(&l.batch)
	C.dosai_client_free(l.client)
	l.told.free()
	return true
}

// wait until something has come for the call, or ctx is over, which also cancels the call.
func (l *loop) wait(ctx context.Context, c *call) {
	select {
	case <-c.ready:
	case <-ctx.Done():
	case l.leader <- struct{}{}:
		l.conn.Read(func(uintptr) bool {
			for !c.hasNews() {
				hasMore := l.step()
				if c.hasNews() {
					break
				}
				if !hasMore {
					return false
				}
				runtime.Gosched() // for those who got something
			}
			return true
		})
		<-l.leader
		l.stepIfAsked()
	}
}

// step gives whether there is more to do; the poller tells only what is new.
func (l *loop) step() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked.Store(false)
	if l.isClosed {
		return false
	}
	hasMore := C.dosai_go_step(l.handle, &l.batch) != 0
	l.deliver()
	return hasMore
}

// stepAlone ends a call that was cancelled, and so closes its connection, while nobody waits for the loop.
func (l *loop) stepAlone() {
	l.asked.Store(true)
	l.stepIfAsked()
}

// stepIfAsked steps unless someone else does, who then looks again.
func (l *loop) stepIfAsked() {
	for l.asked.Load() {
		select {
		case l.leader <- struct{}{}:
			l.step()
			<-l.leader
		default:
			return
		}
	}
}

// deliver gives the parts of the batch to their calls.
func (l *loop) deliver() {
	chunks := unsafe.Slice(l.batch.chunks, l.batch.chunk_count)
	text := unsafe.String((*byte)(unsafe.Pointer(l.batch.bytes)), l.batch.length)
	for _, one := range unsafe.Slice(l.batch.parts, l.batch.part_count) {
		if l.calls[one.tag].add(&one, chunks[one.first_chunk:][:one.chunk_count], text[one.at:one.at+one.length]) {
			delete(l.calls, one.tag)
		}
	}
}

func (client *Client) submit(ctx context.Context, kind C.int, path string, body any) (*call, error) {
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
	c.max_retries = count(options.MaxRetries)
	c.connect_timeout_ms = milliseconds(options.ConnectTimeout)
	c.first_token_timeout_ms = milliseconds(options.FirstTokenTimeout)
	c.idle_timeout_ms = milliseconds(options.IdleTimeout)
	c.total_timeout_ms = milliseconds(options.TotalTimeout)
	c.headers, c.header_count = kept.list(options.Headers)
	c.last_event = kept.one(options.LastEvent)
	cPath := kept.one(path)
	if err := kept.check(); err != nil {
		return nil, err
	}
	var handle *C.dosai_call
	var failure *C.dosai_error
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed {
		return nil, failed(InvalidArgument, "the client is closed", nil)
	}
	l.lastTag++
	l.told.starting = ctx
	status := C.dosai_go_submit(l.handle, l.client, kind, cPath, (*C.char)(unsafe.Pointer(unsafe.SliceData(bytes))),
		C.size_t(len(bytes)), &c, l.lastTag, &handle, &failure)
	l.told.starting = nil
	if status != C.DOSAI_OK {
		return nil, takeError(status, failure)
	}
	made := &call{client: client, handle: handle, ready: make(chan struct{}, 1)}
	l.calls[l.lastTag] = made
	if ctx.Done() != nil {
		made.stop = context.AfterFunc(ctx, func() {
			made.cancel()
			l.stepAlone()
		})
	}
	return made, nil
}

// call is one call in the loop, with what has come for it and is unread.
type call struct {
	client      *Client // not freed before
	ready       chan struct{}
	stop        func() bool // the context from cancelling
	isCancelled bool        // the reader has seen it

	mu       sync.Mutex
	handle   *C.dosai_call // nil: nobody wants to know any more
	parts    []part
	bytes    int
	isPaused bool
	isOver   bool
	last     C.dosai_go_part
}

// part is chunks with their texts, which are pieces of one string. They become Chunks when they are read.
type part struct {
	chunks []C.dosai_go_chunk
	text   string
}

// add takes what came, a part of the batch, and gives whether it was the last.
func (c *call) add(from *C.dosai_go_part, chunks []C.dosai_go_chunk, text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(chunks) == 0 {
		c.last, c.isOver = *from, true
	} else if c.handle != nil {
		c.parts = append(c.parts, part{slices.Clone(chunks), strings.Clone(text)})
		c.bytes += len(text)
	}
	if c.handle == nil && c.isOver {
		freeLast(&c.last)
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
func (c *call) next(ctx context.Context, read []part) []part {
	for {
		c.mu.Lock()
		read, c.parts, c.bytes = c.parts, read[:0], 0
		if c.isPaused {
			c.isPaused = false
			C.dosai_call_resume(c.handle)
		}
		isOver := c.isOver
		c.mu.Unlock()
		if ctx.Err() != nil && (len(read) > 0 || !isOver) {
			c.isCancelled = true
			c.cancel()
		}
		if c.isCancelled {
			read, ctx = read[:0], context.Background()
		}
		if len(read) > 0 || isOver {
			return read
		}
		c.client.wait(ctx, c)
	}
}

func (c *call) hasNews() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.parts) > 0 || c.isOver
}

func (c *call) cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	C.dosai_call_cancel(c.handle)
}

// result reads the answer, or gives the error. A call that was cancelled after its end had come, but was unread, is
// cancelled.
func (c *call) result(ctx context.Context, read func(*C.dosai_go_part)) error {
	if c.last.error == nil && !c.isCancelled {
		read(&c.last)
		return nil
	}
	failure := cancelled(ctx)
	if c.last.error != nil {
		failure = readError(C.dosai_error_status(c.last.error), c.last.error)
	} else if c.last.completion != nil {
		failure.Completion = readCompletion(c.last.completion)
	}
	if failure.Status == Cancelled {
		failure.cause, failure.ended = context.Cause(ctx), ctx.Err()
	}
	return failure
}

// free lets the call go; if it still runs, it is cancelled.
func (c *call) free() {
	if c.stop != nil {
		c.stop()
	}
	c.mu.Lock()
	isOver := c.isOver
	if isOver {
		freeLast(&c.last)
	} else {
		C.dosai_call_cancel(c.handle)
	}
	C.dosai_call_free(c.handle)
	c.handle, c.parts = nil, nil
	c.mu.Unlock()
	if isOver {
		return
	}
	c.client.stepAlone()
}

func freeLast(last *C.dosai_go_part) {
	C.dosai_completion_free(last.completion)
	C.dosai_error_free(last.error)
	C.dosai_response_free(last.response)
}
