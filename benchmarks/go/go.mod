module dosai.ai/benchmarks

go 1.24

require dosai.ai/dosai v0.0.0

replace dosai.ai/dosai => ../../bindings/go
