module dosai.ai/dosai

go 1.24
