// Command testserver is a MongoDB-compatible server for tests on machines
// without mongod or Docker: FerretDB 1.24 over SQLite, in one process.
//
// It is a module of its own, so that the project does not depend on FerretDB:
//
//	go build -C drivers/mongo/testserver -o /usr/local/bin/bench-testserver .
//	bench-testserver -dir DATA
//
// The tests build it by themselves (package mongotest), or take the binary that
// BENCH_MONGO_TESTSERVER names.
//
// go.mod was written by hand and go.sum by "go build -mod=mod": some module
// proxies answer for FerretDB's v1.24.0 but refuse its list of versions, so that
// "go get" and "go install" fail. Plain "go build" needs only what they pin.
//
// The first line on standard output is the server's URL; it answers from then
// on. It ends on SIGTERM, on an interrupt, and, with -stdin, when its standard
// input ends, as it does when the process that holds the other end dies.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "`host:port` to listen on; port 0 takes a free one")
	dir := flag.String("dir", "", "existing `folder` for the SQLite files (required)")
	stdin := flag.Bool("stdin", false, "end when standard input ends")
	flag.Parse()
	if *dir == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if *stdin {
		ctx = untilEOF(ctx, os.Stdin)
	}
	if err := serve(ctx, *addr, *dir, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testserver:", err)
		os.Exit(1)
	}
}

// untilEOF returns a context that also ends when r does.
func untilEOF(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		io.Copy(io.Discard, r)
		cancel()
	}()
	return ctx
}

// grace is how long open connections may take to end. FerretDB alone would wait
// for seconds, and a client's idle pool never closes by itself.
const grace = 200 * time.Millisecond

// pragmas let a hundred connections that all write wait for SQLite's one lock as
// long as it takes, and the disk wait for nobody: the data lives as long as a test.
const pragmas = "_pragma=busy_timeout(120000)&_pragma=synchronous(off)"

func serve(ctx context.Context, addr, dir string, out io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: addr},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: (&url.URL{Scheme: "file", Path: dir + "/", RawQuery: pragmas}).String(),
	})
	if err != nil {
		return fmt.Errorf("start FerretDB on %s with %s: %w", addr, dir, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	fmt.Fprintln(out, server.MongoDBURI())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		return nil
	}
}
