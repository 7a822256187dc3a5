// Asks many questions at once: a goroutine each, and one thread for all of them.
package main

import (
	"context"
	"fmt"
	"log"
	"sync"

	"dosai.ai/dosai"
)

func main() {
	client, err := dosai.NewClient(dosai.Options{MaxInFlight: 50})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	answers := make([]string, 100)
	var group sync.WaitGroup
	for at := range answers {
		group.Add(1)
		go func() {
			defer group.Done()
			question := dosai.User(fmt.Sprintf("What is %d squared?", at))
			answer, err := client.Chat(context.Background(), dosai.Request{Model: "dos-ai", Messages: []dosai.Message{question}})
			if err != nil {
				log.Print(err)
				return
			}
			answers[at] = answer.Text()
		}()
	}
	group.Wait()
	fmt.Println(len(answers), "answers; the first:", answers[0])
}
