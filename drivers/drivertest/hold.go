package drivertest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/faultproxy"
)

// Hold has a driver make a call that keeps its connection until release: the
// proxy holds back all that the server says.
func Hold(t testing.TB, d drivers.Driver, p *faultproxy.Proxy) (release func()) {
	t.Helper()
	const id = "held-until-released"
	sent := make(chan struct{})
	var once sync.Once
	p.On(id, func() {
		p.Hush()
		once.Do(func() { close(sent) })
	})
	answer := make(chan error)
	go func() {
		_, err := d.Get(context.WithoutCancel(t.Context()), id)
		answer <- err
	}()
	<-sent
	p.On("", nil)
	return func() {
		p.Speak()
		if err := <-answer; unexpected(err, drivers.ErrNotFound) {
			t.Errorf("the call that was held: %v", err)
		}
	}
}

// AwaitFailure makes calls until one fails with the class: the first ones may
// find idle connections that have broken.
func AwaitFailure(t testing.TB, d drivers.Driver, class drivers.Class) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err = d.Get(ctx, "any")
		cancel()
		if drivers.Classify(err) == class {
			return
		}
	}
	t.Fatalf("get still gives %v, classed %s; want %s", err, drivers.Classify(err), class)
}
