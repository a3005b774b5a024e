package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a command at a terminal of its own: what it shows there tells at
// once, in each of its phases, where it is.
type terminal struct {
	cmd    *exec.Cmd
	stdout strings.Builder
	ended  chan struct{} // closed when the command has ended and all it wrote was read

	mu     sync.Mutex
	screen strings.Builder
	shown  []moment
	news   chan struct{} // closed, and replaced, when something is shown
}

// moment is when the command showed what.
type moment struct {
	at   time.Time
	text string
}

// atTerminal starts a command in a folder. Its standard error is the terminal.
func atTerminal(dir string, env []string, command ...string) (*terminal, error) {
	master, slave, err := openTerminal()
	if err != nil {
		return nil, err
	}
	defer slave.Close()
	t := &terminal{cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{}), news: make(chan struct{})}
	t.cmd.Dir, t.cmd.Env = dir, append(os.Environ(), env...)
	t.cmd.Stdout, t.cmd.Stderr = &t.stdout, slave
	if err := t.cmd.Start(); err != nil {
		master.Close()
		return nil, err
	}
	go func() {
		t.read(master)
		master.Close()
		t.cmd.Wait() // its state has the status
		close(t.ended)
	}()
	return t, nil
}

// openTerminal makes a wide terminal (pts(4)).
func openTerminal() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 300})
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}

// read ends when nobody has the terminal open any more.
func (t *terminal) read(from io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		text := string(buffer[:n])
		t.mu.Lock()
		t.screen.WriteString(text)
		t.shown = append(t.shown, moment{time.Now(), text})
		close(t.news)
		t.news = make(chan struct{})
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// text is all that was shown so far.
func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.String()
}

// first tells when a text was first on the screen. The caller holds mu.
func (t *terminal) first(text string) (at time.Time, shown bool) {
	seen := ""
	for _, m := range t.shown {
		if seen += m.text; strings.Contains(seen, text) {
			return m.at, true
		}
	}
	return time.Time{}, false
}

// when waits until the command has shown a text, and tells when it did; not shown
// when it ended without.
func (t *terminal) when(text string) (at time.Time, shown bool) {
	for over := false; ; {
		t.mu.Lock()
		at, shown = t.first(text)
		news := t.news
		t.mu.Unlock()
		if shown || over {
			return at, shown
		}
		select {
		case <-news:
		case <-t.ended:
			over = true
		}
	}
}

// end waits for the command's end and gives its status. A command that hangs
// fails the test.
func (t *terminal) end(tb testing.TB) int {
	tb.Helper()
	select {
	case <-t.ended:
	case <-time.After(2 * time.Minute):
		t.cmd.Process.Kill()
		<-t.ended
		tb.Errorf("%q hung:\n%s", t.cmd.Args, t.text())
	}
	return shellStatus(t.cmd.ProcessState)
}
