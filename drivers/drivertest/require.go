package drivertest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Missing skips a test whose server is missing, with how to get it; when
// BENCH_REQUIRE lists the server (redis,postgres,mongo,docker), it fails instead.
func Missing(t testing.TB, server, how string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("BENCH_REQUIRE"), ","), server) {
		t.Fatalf("%s is required (BENCH_REQUIRE) and missing: %s", server, how)
	}
	t.Skipf("no %s here: %s", server, how)
}
