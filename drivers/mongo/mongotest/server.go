// Package mongotest starts MongoDB-compatible servers for tests: FerretDB, built
// once from drivers/mongo/testserver. Neither mongod nor Docker is needed.
package mongotest

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/sessionbench/bench/drivers/drivertest"
)

// URL starts a server for the test and returns its address without a database.
// The server ends with the test, and with the test's process, even a killed one.
// Without a way to build the server it calls drivertest.Missing.
//
// The server has no TTL indexes, so that the store needs autoremove=disabled or
// autoremove=interval; it refuses every password; and it reads the whole
// collection for a get of the express client, whose filter it can't hand on to
// SQLite, so a test does well to have few sessions.
func URL(t testing.TB) string {
	t.Helper()
	binary, err := server()
	if err != nil {
		drivertest.Missing(t, "mongo", err.Error())
	}
	cmd := exec.Command(binary, "-stdin", "-dir", t.TempDir())
	var log bytes.Buffer
	cmd.Stderr = &log
	alive, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", binary, err)
	}
	t.Cleanup(func() {
		alive.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", binary, err, &log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%s gave no address: %v", binary, err)
	}
	return strings.TrimSpace(line)
}

// Binary is the variable that names a server built elsewhere.
const Binary = "BENCH_MONGO_TESTSERVER"

func server() (string, error) {
	if path := os.Getenv(Binary); path != "" {
		return path, nil
	}
	return built()
}
