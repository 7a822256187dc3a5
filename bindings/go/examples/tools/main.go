// Lets the model call a function.
package main

import (
	"context"
	"fmt"
	"log"

	"dosai.ai/dosai"
)

type place struct {
	Location string `json:"location" description:"City name"`
}

type weather struct {
	Celsius int    `json:"celsius"`
	Sky     string `json:"sky"`
}

func getWeather(_ context.Context, at place) (weather, error) {
	return weather{Celsius: 18, Sky: "light rain in " + at.Location}, nil
}

func main() {
	client, err := dosai.NewClient(dosai.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	request := dosai.Request{
		Model:    "dos-ai",
		Messages: []dosai.Message{dosai.User("What is the weather in Tokyo?")},
		Tools:    []dosai.Tool{dosai.NewTool("get_weather", "The weather of a city, now", getWeather)},
	}
	answer, err := client.RunTools(context.Background(), &request, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Text())
}
