//go:build race

package dosai_test

const slowness = 10
