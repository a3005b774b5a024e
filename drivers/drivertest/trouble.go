package drivertest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// A Trouble makes a store fail for real, and mends it.
type Trouble struct {
	// Never says why the class can't occur with this client; no other field is
	// set then.
	Never string

	// URL is where to open the driver; empty: the Place's.
	URL string
	// Settings are laid over the Place's.
	Settings map[string]string

	// OpenFails says that Open is what fails, not the calls.
	OpenFails bool
	// Calls are those that fail; nil: all four.
	Calls []drivers.Call
	// Timeout is that of the context of a call in trouble; 0: none is needed.
	Timeout time.Duration

	// Start brings the trouble about, while a driver is open unless OpenFails.
	Start func(t testing.TB)
	// StartWith is in place of Start, for a trouble that makes calls of its own.
	StartWith func(t testing.TB, d drivers.Driver)
	// During, if any, is called beside each call that is to fail; done is closed
	// when the call has returned.
	During func(t testing.TB, done <-chan struct{})
	// Stop ends the trouble; nil: it can't be ended on an open driver.
	Stop func(t testing.TB)
}

// failures are the rules of the classes that a Setup brings about or rules out.
// A context that ends is a rule of its own, and what is other has no one cause.
// Running out of descriptors is a matter of the whole process.
func failures() []rule {
	var list []rule
	for _, class := range drivers.Classes {
		switch class {
		case drivers.ClassOther, drivers.ClassCanceled, drivers.ClassTimeout:
			continue
		}
		r := rule{name: failureRule(class), check: func(t testing.TB, p *place) { p.failsAs(t, class) }}
		if class == drivers.ClassTooManyOpenFiles {
			r.runs = apart
		}
		list = append(list, r)
	}
	return list
}

func failureRule(class drivers.Class) string {
	return "a failure is told as " + string(class) + ", and over when its cause is"
}

func (p *place) failsAs(t testing.TB, class drivers.Class) {
	provoke, never := p.setup.Troubles[class], p.setup.Never[class]
	if (provoke == nil) == (never == "") {
		t.Fatalf("%s: either a Trouble or why it can Never occur is wanted", class)
	}
	if never != "" {
		panic(doesNotApply(never))
	}
	trouble := provoke(t, p.cfg.Client)
	if trouble.Never != "" {
		panic(doesNotApply(trouble.Never))
	}
	in := p.elsewhere(t, trouble.URL, trouble.Settings)
	if trouble.OpenFails {
		in.openFails(t, class, trouble)
	} else {
		in.callsFail(t, class, trouble)
	}
}

func (p *place) openFails(t testing.TB, class drivers.Class, trouble *Trouble) {
	trouble.Start(t)
	err := trouble.beside(t, func() error {
		ctx, cancel := trouble.context(t, p)
		defer cancel()
		d, err := p.openStore(ctx, p.cfg)
		if err == nil {
			d.Close()
		}
		return err
	})
	told(t, "open", err, class)
	if trouble.Stop != nil {
		trouble.Stop(t)
		p.worksAgain(t, p.open(t))
	}
}

func (p *place) callsFail(t testing.TB, class drivers.Class, trouble *Trouble) {
	d := p.open(t)
	calls := trouble.Calls
	if calls == nil {
		calls = []drivers.Call{drivers.Get, drivers.Set, drivers.Touch, drivers.Destroy}
	}
	left, kept := Record(p.ids.Next(), time.Hour, 1, ""), Record(p.ids.Next(), time.Hour, 2, "")
	set(t, d, left)
	set(t, d, kept)
	// A change, or a store might find that there is nothing to do.
	left.Value, left.Cookie = Value(left.Cookie, 5, ""), drivers.NewCookie(time.Now(), 2*time.Hour)
	if trouble.StartWith != nil {
		trouble.StartWith(t, d)
	} else {
		trouble.Start(t)
	}
	for _, call := range calls {
		err := trouble.beside(t, func() error {
			ctx, cancel := trouble.context(t, p)
			defer cancel()
			return makeCall(ctx, d, call, left)
		})
		told(t, call.String(), err, class)
	}
	if trouble.Stop == nil {
		return
	}
	trouble.Stop(t)
	p.worksAgain(t, d)
	p.hit(t, d, kept)
}

// context is that of one call; none waits for ever.
func (trouble *Trouble) context(t testing.TB, p *place) (context.Context, context.CancelFunc) {
	if trouble.Timeout > 0 {
		return context.WithTimeout(t.Context(), trouble.Timeout)
	}
	return context.WithTimeout(t.Context(), p.hang)
}

// beside makes a call while During runs.
func (trouble *Trouble) beside(t testing.TB, call func() error) error {
	if trouble.During == nil {
		return call()
	}
	done := make(chan struct{})
	var err error
	go func() {
		defer close(done)
		err = call()
	}()
	trouble.During(t, done)
	<-done
	return err
}

// told holds an error to its class and its form.
func told(t testing.TB, call string, err error, class drivers.Class) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: no error; want one of the class %s", call, class)
	case drivers.Classify(err) != class:
		t.Errorf("%s: %v, classed %s; want %s", call, err, drivers.Classify(err), class)
	case errors.Is(err, drivers.ErrNotFound) || errors.Is(err, drivers.ErrClosed):
		t.Errorf("%s: %v; a failure is no outcome", call, err)
	case errors.Unwrap(err) == nil:
		t.Errorf("%s: %v; want the cause wrapped in what was being done", call, err)
	case strings.TrimSpace(err.Error()) == "" || strings.Contains(err.Error(), "\n"):
		t.Errorf("%s: %q; want one line", call, err)
	}
}

// worksAgain waits until a session can be set, since drivers may wait before
// they connect again, and then uses it.
func (p *place) worksAgain(t testing.TB, d drivers.Driver) {
	t.Helper()
	r := Record(p.ids.Next(), time.Hour, 3, "")
	deadline := time.Now().Add(p.patience)
	for {
		ctx, cancel := context.WithTimeout(t.Context(), p.patience)
		err := makeCall(ctx, d, drivers.Set, r)
		cancel()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("set after the trouble: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.hit(t, d, p.touch(t, d, r, time.Hour))
	if err := d.Destroy(t.Context(), r.ID); err != nil {
		t.Errorf("destroy after the trouble: %v", err)
	}
}
