// Prints one answer, and what it cost.
package main

import (
	"context"
	"fmt"
	"log"

	"dosai.ai/dosai"
)

func main() {
	client, err := dosai.NewClient(dosai.Options{}) // reads DOSAI_API_KEY and DOSAI_BASE_URL
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	answer, err := client.Chat(context.Background(), dosai.Request{
		Model:    "dos-ai",
		Messages: []dosai.Message{dosai.System("Be brief."), dosai.User("Hello!")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Text())
	fmt.Println(answer.Usage.TotalTokens, "tokens")
}
