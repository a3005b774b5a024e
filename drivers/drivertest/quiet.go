package drivertest

import (
	"os"
	"testing"
)

// Quiet skips a test whose subject is a time, unless BENCH_QUIET=1 says that this
// machine does nothing else: the other packages' tests run beside it otherwise.
func Quiet(t testing.TB) {
	t.Helper()
	if os.Getenv("BENCH_QUIET") != "1" {
		t.Skip("measures time, which wants a machine that does nothing else: BENCH_QUIET=1 go test -p 1, as CONTRIBUTING has it")
	}
}
