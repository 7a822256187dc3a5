// Many paced streams at once in one process of Go, a goroutine each: by the binding, and by net/http with encoding/json.
// usage: MODE BASE STREAMS COUNT PERIOD   MODE: dosai or native; the server is benchmarks/paced.c.
// Prints what scripts/many.escript prints.
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
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"dosai.ai/dosai"
)

var base = os.Args[2]

func cpu() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func withDosai(client *dosai.Client, model string, take func(string)) error {
	request := dosai.Request{Model: model, Messages: []dosai.Message{dosai.User("Hello!")}}
	for chunk, err := range client.Stream(context.Background(), request).All() {
		if err != nil {
			return err
		}
		take(chunk.Content())
	}
	return nil
}

type event struct {
	Choices []struct {
		Delta struct {
			Content string `json:"content"`
		} `json:"delta"`
	} `json:"choices"`
}

func withNetHTTP(client *http.Client, model string, take func(string)) error {
	body := fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"Hello!"}],"stream":true}`, model)
	response, err := client.Post(base+"/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return err
		}
		data, isData := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), []byte("data: "))
		if string(data) == "[DONE]" {
			_, err := lines.WriteTo(io.Discard)
			return err
		}
		var chunk event
		if !isData {
			continue
		}
		if err := json.Unmarshal(data, &chunk); err != nil {
			return err
		}
		if len(chunk.Choices) > 0 {
			take(chunk.Choices[0].Delta.Content)
		}
	}
}

// now is CLOCK_MONOTONIC in nanoseconds, as the server writes it.
func now() int64 {
	var time syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&time)), 0)
	return time.Nano()
}

func main() {
	var numbers [3]int
	for at := range numbers {
		numbers[at], _ = strconv.Atoi(os.Args[3+at])
	}
	streams, count := numbers[0], numbers[1]
	var once func(model string, take func(string)) error
	if os.Args[1] == "dosai" {
		client, err := dosai.NewClient(dosai.Options{BaseURL: base, MaxRetries: -1})
		if err != nil {
			panic(err)
		}
		defer client.Close()
		once = func(model string, take func(string)) error { return withDosai(client, model, take) }
	} else {
		client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
		once = func(model string, take func(string)) error { return withNetHTTP(client, model, take) }
	}
	if err := once("paced-1-1", func(string) {}); err != nil {
		panic(err)
	}
	before, seen := cpu(), make([][]int64, streams)
	var all sync.WaitGroup
	for at := range seen {
		all.Add(1)
		go func() {
			defer all.Done()
			err := once(fmt.Sprintf("paced-%d-%d", count, numbers[2]), func(text string) {
				if sent, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
					seen[at] = append(seen[at], now()-sent)
				}
			})
			if err != nil {
				seen[at] = nil
			}
		}()
	}
	all.Wait()
	spent, whole, chunks := cpu()-before, 0, 0
	var late []int64
	for _, delays := range seen {
		chunks += len(delays)
		if len(delays) == count {
			whole++
			late = append(late, delays[count/4:]...)
		}
	}
	slices.Sort(late)
	at := func(share float64) int64 { return late[int(float64(len(late))*share)] / 1000 }
	fmt.Printf("%.2f %d %d %d\n", float64(spent)/float64(chunks)/1000, whole, at(0.5), at(0.99))
}
