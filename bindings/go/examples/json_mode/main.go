// Asks for an answer of the shape of a struct.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"dosai.ai/dosai"
)

type city struct {
	Name      string `json:"name"`
	Country   string `json:"country"`
	IsCapital bool   `json:"is_capital"`
}

func main() {
	client, err := dosai.NewClient(dosai.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	answer, err := client.Chat(context.Background(), dosai.Request{
		Model:          "dos-ai",
		Messages:       []dosai.Message{dosai.User("Tell me about Paris.")},
		ResponseFormat: dosai.JSONSchema[city]("city"),
	})
	if err != nil {
		log.Fatal(err)
	}
	var paris city
	if err := json.Unmarshal([]byte(answer.Text()), &paris); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %s, capital: %t\n", paris.Name, paris.Country, paris.IsCapital)
}
