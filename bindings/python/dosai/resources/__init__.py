"""Where openai-python has the classes behind `client.chat`: for type hints, and for tests that patch them."""
