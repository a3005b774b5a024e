package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// What the scripts do to a bench that runs are programs of their own, so that
// they are given the script's environment.

// signals are those that scripts name.
var signals = map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}

// brokenScript is the status of a script's own mistake, which bench never has.
const brokenScript = 99

// until PATTERN SIGNAL COMMAND ARG… runs a command until a line of its standard
// error matches the pattern, and sends it the signal. The status is the
// command's, or as a shell has it 128 and the number of the signal that ended it.
func until(args []string) int {
	if len(args) < 3 || signals[args[1]] == 0 {
		fmt.Fprintln(os.Stderr, "usage: until PATTERN SIGNAL COMMAND ARG…")
		return brokenScript
	}
	pattern := regexp.MustCompile(args[0])
	sent := false
	status, err := watch(args[2:], os.Stdout, func(line string, p *os.Process) error {
		if sent || !pattern.MatchString(line) {
			return nil
		}
		sent = true
		return p.Signal(signals[args[1]])
	})
	if err == nil && !sent {
		err = fmt.Errorf("ended with status %d before a line matched %s", status, pattern)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "until:", err)
		return brokenScript
	}
	return status
}

// served is the line in which bench says where its figures are.
var served = regexp.MustCompile(`http://\S+/metrics`)

// counted tells that some operations are among the figures.
var counted = regexp.MustCompile(`(?m)^bench_operations_total\{[^}]*\} [1-9]`)

// picture begins one on the page of a run that goes on.
var picture = regexp.MustCompile(`<svg viewBox[^>]*`)

// scrape COMMAND ARG… runs a command that serves its figures until they have
// operations and its page has pictures, prints the figures and how the page's first
// picture begins, and interrupts the command.
func scrape(args []string) int {
	status, err := watch(args, io.Discard, func(line string, p *os.Process) error {
		url := served.FindString(line)
		if url == "" {
			return nil
		}
		text, err := fetch(url, counted)
		page, noPage := fetch(strings.TrimSuffix(url, "metrics"), picture)
		fmt.Println(text + picture.FindString(page))
		return errors.Join(err, noPage, p.Signal(os.Interrupt))
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "scrape:", err)
		return brokenScript
	}
	return status
}

// fetch asks for a page until there is something in it.
func fetch(url string, something *regexp.Regexp) (string, error) {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		response, err := http.Get(url)
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			return "", err
		}
		if something.Match(body) {
			return string(body), nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("there is no %s in:\n%s", something, body)
		}
	}
}

// collecting ARG… is a bench whose garbage is collected all the time. Each time all
// of it stands still until a copy has ended, which nothing interrupts.
func collecting(args []string) int {
	go func() {
		from, to := make([]byte, 32<<20), make([]byte, 32<<20)
		for ; ; time.Sleep(20 * time.Millisecond) {
			begun, done := make(chan struct{}), make(chan struct{})
			go func() {
				close(begun)
				copy(to, from)
				close(done)
			}()
			<-begun
			runtime.GC()
			<-done
		}
	}()
	return Main(args, os.Stdout, os.Stderr)
}

// watch runs a command and gives each line of its standard error, which it passes
// on, to see. A command that see fails on is killed.
func watch(args []string, out io.Writer, see func(line string, p *os.Process) error) (status int, err error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout = out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		fmt.Fprintln(os.Stderr, strings.TrimSuffix(lines.Text(), "\r"))
		if err == nil {
			if err = see(lines.Text(), cmd.Process); err != nil {
				cmd.Process.Kill()
			}
		}
	}
	var ended *exec.ExitError
	if waited := cmd.Wait(); waited != nil && !errors.As(waited, &ended) {
		return 0, errors.Join(err, waited)
	}
	return shellStatus(cmd.ProcessState), err
}

// shellStatus is a command's status as a shell has it: 128 and its number for a
// signal that ended it.
func shellStatus(s *os.ProcessState) int {
	if signal, ok := s.Sys().(syscall.WaitStatus); ok && signal.Signaled() {
		return 128 + int(signal.Signal())
	}
	return s.ExitCode()
}
