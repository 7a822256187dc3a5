//go:build !race

package dosai_test

const slowness = 1
