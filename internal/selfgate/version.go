package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sessionbench/bench/results"
)

// version is one of the two, built and running.
type version struct {
	name    string
	command *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Reader
}

// start builds the source in a folder and runs it.
func start(ctx context.Context, name, source, into string) (*version, error) {
	binary := filepath.Join(into, name)
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./internal/selfgate")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the %s in %s: %w\n%s", name, source, err, out)
	}
	v := &version{name: name, command: exec.CommandContext(ctx, binary, "-serve")}
	var err error
	if v.orders, err = v.command.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := v.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	v.answers = bufio.NewReader(answers)
	return v, v.command.Start()
}

// slice has the version replay for so long.
func (v *version) slice(length time.Duration) (results.Round, error) {
	var round results.Round
	if _, err := fmt.Fprintln(v.orders, length.Milliseconds()); err != nil {
		return round, fmt.Errorf("the %s ended: %w", v.name, err)
	}
	line, err := v.answers.ReadBytes('\n')
	if err != nil {
		return round, fmt.Errorf("the %s ended: %w", v.name, err)
	}
	return round, json.Unmarshal(line, &round)
}

func (v *version) close() error {
	return errors.Join(v.orders.Close(), v.command.Wait())
}
