// Streams an answer. Ctrl-C cancels it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"dosai.ai/dosai"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client, err := dosai.NewClient(dosai.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	request := dosai.Request{Model: "dos-ai", Messages: []dosai.Message{dosai.User("Hello!")}}
	for chunk, err := range client.Stream(ctx, request).All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(chunk.Content())
	}
	fmt.Println()
}
