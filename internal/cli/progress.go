package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/sessionbench/bench/internal/load"
)

// progress tells people on standard error how far a run is: a line that renews
// itself on a terminal, a plain line each few seconds elsewhere.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	on    bool
	width int       // of the terminal; 0: none
	shown bool      // a line is on the screen, to be wiped
	last  time.Time // when a plain line was written
	phase string    // that it was about
}

// plainEvery is how often a line is written where it can't renew itself.
const plainEvery = 5 * time.Second

func newProgress(out io.Writer, on bool) *progress {
	p := &progress{out: out, on: on}
	if f := terminalOf(out); f != nil {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			p.width = max(w, 40)
		}
	}
	return p
}

// say prints a line that stays.
func (p *progress) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	fmt.Fprintln(p.out, "bench: "+text)
}

// doing shows what goes on while there are no figures yet.
func (p *progress) doing(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on && p.width > 0 {
		p.renew(text + " …")
	}
}

// show shows how far the load is.
func (p *progress) show(l load.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.on:
	case p.width > 0:
		p.renew(line(l))
	case time.Since(p.last) >= plainEvery && l.Elapsed > 0:
		p.last, p.phase = time.Now(), l.Phase
		fmt.Fprintln(p.out, "bench: "+line(l))
	}
}

// end takes the live line away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
}

func (p *progress) renew(text string) {
	runes := []rune(text)
	if len(runes) >= p.width {
		runes = append(runes[:p.width-2], '…')
	}
	fmt.Fprint(p.out, "\r\x1b[K"+string(runes))
	p.shown = true
}

func (p *progress) wipe() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

// line is one progress line: where, phase, rate, latency, errors, descriptors,
// time left.
func line(l load.Progress) string {
	where := l.Target
	if l.Rounds > 1 {
		where += fmt.Sprintf(" %d/%d", l.Round, l.Rounds)
	}
	text := fmt.Sprintf("%s %s", where, l.Phase)
	if l.Elapsed <= 0 {
		return text
	}
	rate := float64(l.PerSecond)
	if l.Share > 0 {
		rate /= l.Share
	}
	text += fmt.Sprintf("  %.0f ops/s", rate)
	if l.P99 > 0 {
		text += fmt.Sprintf("  p50 %s  p99 %s", short(l.P50), short(l.P99))
	}
	text += fmt.Sprintf("  errors %d  fds %d", l.Errors, l.ClientFDs)
	if l.ServerFDs >= 0 {
		text += fmt.Sprintf("+%d", l.ServerFDs)
	}
	if l.Left > 0 {
		text += fmt.Sprintf("  %s left", l.Left.Round(time.Second))
	}
	return text
}

// short writes a time with three digits.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 100*time.Millisecond:
		return d.Round(time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
