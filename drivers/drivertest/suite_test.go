package drivertest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	_ "github.com/sessionbench/bench/drivers/file"
)

// fault is a driver that breaks one rule.
type fault struct {
	rule   string
	change func(b *broken)
}

// faults break each rule. The sound driver beneath is the file store's native
// client, which has every ability.
var faults = append([]fault{
	{"the meter counts the calls made", func(b *broken) {
		b.meter = func(ctx context.Context) (drivers.Reading, error) {
			return drivers.Reading{Calls: map[drivers.Call]int64{drivers.Get: 5}}, nil
		}
	}},
	{storedBeside, func(b *broken) { // says nothing new
		b.stored = func(context.Context) (drivers.Storage, error) {
			bytes, expired := int64(4096), int64(0)
			return drivers.Storage{Bytes: &bytes, ExpiredPresent: &expired}, nil
		}
	}},
	{storedBeside, func(b *broken) { // counts the sessions that live too
		b.stored = func(ctx context.Context) (drivers.Storage, error) {
			s, err := b.sound.Stored(ctx)
			n, countErr := b.sound.Count(ctx)
			s.ExpiredPresent = &n
			return s, errors.Join(err, countErr)
		}
	}},
	{storedBeside, func(b *broken) { // whose readings are calls
		var calls, readings atomic.Int64
		b.stored = func(ctx context.Context) (drivers.Storage, error) {
			readings.Add(1)
			return b.sound.Stored(ctx)
		}
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			calls.Add(1)
			return b.sound.Get(ctx, id)
		}
		b.set = func(ctx context.Context, r drivers.Record) error {
			calls.Add(1)
			return b.sound.Set(ctx, r)
		}
		b.touch = func(ctx context.Context, r drivers.Record) error {
			calls.Add(1)
			return b.sound.Touch(ctx, r)
		}
		b.destroy = func(ctx context.Context, id string) error {
			calls.Add(1)
			return b.sound.Destroy(ctx, id)
		}
		b.meter = func(context.Context) (drivers.Reading, error) {
			all := calls.Load() + readings.Load()
			return drivers.Reading{AllCalls: &all}, nil
		}
	}},
	{"close gives back every file descriptor", func(b *broken) {
		b.close = func() error {
			leak, err := os.Open(os.DevNull)
			leaks.Store(leak, true)
			return errors.Join(err, b.sound.Close())
		}
	}},
	{"an absent session is not found", func(b *broken) {
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			r, err := b.sound.Get(ctx, id)
			if errors.Is(err, drivers.ErrNotFound) {
				return drivers.Record{}, nil
			}
			return r, err
		}
	}},
	{"what was set is read back byte for byte", func(b *broken) {
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			r, err := b.sound.Get(ctx, id)
			r.Value = bytes.ReplaceAll(r.Value, []byte("\u2028"), []byte(`\u2028`))
			return r, err
		}
	}},
	{"nobody shares a buffer", func(b *broken) {
		var kept sync.Map
		b.set = func(ctx context.Context, r drivers.Record) error {
			kept.Store(r.ID, r)
			return nil
		}
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			r, _ := kept.Load(id)
			return r.(drivers.Record), nil
		}
	}},
	{"an overwrite wins", func(b *broken) {
		b.set = func(ctx context.Context, r drivers.Record) error {
			if _, err := b.sound.Get(ctx, r.ID); err == nil {
				return nil
			}
			return b.sound.Set(ctx, r)
		}
	}},
	{"what was set is read back byte for byte", func(b *broken) { // trims ids
		b.set = func(ctx context.Context, r drivers.Record) error {
			r.ID = strings.TrimSpace(r.ID)
			return b.sound.Set(ctx, r)
		}
	}},
	{"what was set is read back byte for byte", func(b *broken) { // keeps numbers as JavaScript does
		b.set = func(ctx context.Context, r drivers.Record) error {
			r.Value = bytes.ReplaceAll(r.Value, []byte("9007199254740993"), []byte("9007199254740992"))
			return b.sound.Set(ctx, r)
		}
	}},
	{"every character of Unicode comes back", func(b *broken) {
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			r, err := b.sound.Get(ctx, id)
			r.Value = bytes.ReplaceAll(r.Value, []byte("\U0001fffe"), []byte("\ufffd"))
			return r, err
		}
	}},
	{"values of every size are stored whole", func(b *broken) {
		b.set = func(ctx context.Context, r drivers.Record) error {
			r.Value = r.Value[:min(len(r.Value), 1<<16)]
			return b.sound.Set(ctx, r)
		}
	}},
	{"values of every size are stored whole", func(b *broken) {
		b.set = func(ctx context.Context, r drivers.Record) error {
			if len(r.Value) < 3 {
				return errors.New("no session")
			}
			return b.sound.Set(ctx, r)
		}
	}},
	{"a destroyed session is gone, and destroying it again is no error", func(b *broken) {
		b.destroy = func(ctx context.Context, id string) error {
			if _, err := b.sound.Get(ctx, id); err != nil {
				return err
			}
			return b.sound.Destroy(ctx, id)
		}
	}},
	{"touch does not create a missing session", func(b *broken) {
		b.touch = func(ctx context.Context, r drivers.Record) error {
			return errors.Join(b.sound.Set(ctx, r), drivers.ErrNotFound)
		}
	}},
	{"touch extends the lifetime and keeps the data", func(b *broken) {
		b.touch = func(ctx context.Context, r drivers.Record) error { return nil }
	}},
	{"touch extends the lifetime and keeps the data", func(b *broken) {
		b.touch = func(ctx context.Context, r drivers.Record) error {
			r.Value = Value(r.Cookie, 0, "")
			return b.sound.Set(ctx, r)
		}
	}},
	{"a session expires at its time, not before, and not later than stated", lifetimeChanged(-200 * time.Millisecond)},
	{"a session expires at its time, not before, and not later than stated", lifetimeChanged(200 * time.Millisecond)},
	{"a long lifetime is not cut", bitsOfLifetime(func(ms int64) int64 { return int64(int32(ms)) })},
	{"a long lifetime is not cut", bitsOfLifetime(func(ms int64) int64 { return int64(uint32(ms)) })},
	{"a session without maxAge is readable", func(b *broken) {
		b.set = func(ctx context.Context, r drivers.Record) error {
			if r.Cookie.Expires.IsZero() {
				return nil
			}
			return b.sound.Set(ctx, r)
		}
	}},
	{"prune removes the expired sessions only", func(b *broken) {
		b.prune = func(ctx context.Context) (int64, error) { return b.sound.Clean(ctx, "", AnyID) }
	}},
	{"prune removes the expired sessions only", func(b *broken) {
		b.prune = func(ctx context.Context) (int64, error) { return 0, nil }
	}},
	{"count gives the number of sessions", func(b *broken) {
		b.count = func(ctx context.Context) (int64, error) {
			n, err := b.sound.Count(ctx)
			return min(n, 4), err
		}
	}},
	{"loaded sessions are like set ones", func(b *broken) {
		b.load = func(ctx context.Context, records iter.Seq[drivers.Record]) error {
			all := slices.Collect(records)
			return b.sound.Load(ctx, slices.Values(all[:max(len(all)-1, 0)]))
		}
	}},
	{"remove destroys the given sessions only", func(b *broken) {
		b.remove = func(ctx context.Context, ids iter.Seq[string]) error {
			_, err := b.sound.Clean(ctx, "", AnyID)
			return err
		}
	}},
	{"clean removes the sessions with the prefix only", func(b *broken) {
		b.clean = func(ctx context.Context, idPrefix string, ours func(string) bool) (int64, error) {
			return b.sound.Clean(ctx, idPrefix[:max(len(idPrefix)-1, 0)], ours)
		}
	}},
	{"clean removes the sessions with the prefix only", func(b *broken) {
		b.clean = func(ctx context.Context, idPrefix string, _ func(string) bool) (int64, error) {
			return b.sound.Clean(ctx, idPrefix, AnyID)
		}
	}},
	{aThousand, func(b *broken) {
		var calls atomic.Int64
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			r, err := b.sound.Get(ctx, id)
			if calls.Add(1)%100 == 0 {
				r.Value = r.Value[:len(r.Value)/2]
			}
			return r, err
		}
	}},
	{aThousand, func(b *broken) { // opens more than it says
		var opened []*os.File
		var once sync.Once
		b.set = func(ctx context.Context, r drivers.Record) error {
			once.Do(func() {
				for range 2 * callers {
					f, err := os.Open(os.DevNull)
					if err != nil {
						panic(err)
					}
					opened = append(opened, f)
				}
				time.Sleep(50 * time.Millisecond) // so that it is seen
			})
			return b.sound.Set(ctx, r)
		}
		b.close = func() error {
			for _, f := range opened {
				f.Close()
			}
			return b.sound.Close()
		}
	}},
	{"two drivers on one store see what the other does", func(b *broken) { // keeps what it wrote
		var own sync.Map
		b.set = func(ctx context.Context, r drivers.Record) error {
			own.Store(r.ID, r)
			return b.sound.Set(ctx, r)
		}
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			if r, ok := own.Load(id); ok {
				return r.(drivers.Record), nil
			}
			return b.sound.Get(ctx, id)
		}
	}},
	{inTheMiddle, func(b *broken) {
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			return b.sound.Get(context.WithoutCancel(ctx), id)
		}
	}},
	{inTheMiddle, func(b *broken) { // takes a late answer for the next one's
		var late atomic.Pointer[string]
		b.get = func(ctx context.Context, id string) (drivers.Record, error) {
			if before := late.Swap(nil); before != nil {
				r, err := b.sound.Get(ctx, *before)
				r.ID = id
				return r, err
			}
			r, err := b.sound.Get(ctx, id)
			if ctx.Err() != nil {
				late.Store(&id)
			}
			return r, err
		}
	}},
	{inTheMiddle, func(b *broken) { // says the wrong thing
		b.change = func(err error) error {
			if errors.Is(err, context.Canceled) {
				err = context.DeadlineExceeded
			}
			return err
		}
	}},
	{"a context that has ended stops the call", func(b *broken) {
		b.touch = func(ctx context.Context, r drivers.Record) error {
			return b.sound.Touch(context.WithoutCancel(ctx), r)
		}
	}},
	{"contexts that end at random moments leave the driver usable", func(b *broken) {
		var stuck atomic.Bool
		b.set = func(ctx context.Context, r drivers.Record) error {
			if stuck.Load() {
				return errors.New("stuck")
			}
			if _, ends := ctx.Deadline(); ends { // so that it ends during the call
				<-ctx.Done()
				stuck.Store(true)
				return ctx.Err()
			}
			return b.sound.Set(ctx, r)
		}
	}},
	{"a closed driver says so", func(b *broken) {
		b.count = func(ctx context.Context) (int64, error) { return 0, nil }
	}},
	{"close ends the calls in flight", func(b *broken) {
		b.close = func() error { return errors.Join(b.sound.Close(), errors.New("failed")) }
	}},
	{"sessions outlive the driver", func(b *broken) {
		b.close = func() error {
			_, err := b.sound.Clean(context.Background(), "", AnyID)
			if errors.Is(err, drivers.ErrClosed) {
				err = nil
			}
			return errors.Join(err, b.sound.Close())
		}
	}},
	{"drop takes the place away when open made it", func(b *broken) {
		b.drop = func(ctx context.Context) error {
			_, err := b.sound.Clean(ctx, "", AnyID)
			return err
		}
	}},
	{"inspect says version, settings and durability", func(b *broken) {
		b.inspect = func(ctx context.Context) (drivers.Inspection, error) {
			i, err := b.sound.Inspect(ctx)
			i.Durability = "certainly"
			return i, err
		}
	}},
	{"the options of a durability class give it", func(b *broken) {
		b.inspect = func(ctx context.Context) (drivers.Inspection, error) {
			i, err := b.sound.Inspect(ctx)
			i.Durability = drivers.DurabilityCommit // with and without fsync
			return i, err
		}
	}},
}, troubleFaults()...)

const (
	storedBeside = "what is stored is read beside the calls and counts as none"

	aThousand   = "a thousand callers at once see whole values, over no more connections than stated"
	inTheMiddle = "a context that ends in the middle of a call stops it, and leaves the driver sound"
)

// bitsOfLifetime keeps a lifetime where its milliseconds don't fit.
func bitsOfLifetime(fit func(ms int64) int64) func(b *broken) {
	return func(b *broken) {
		b.set = func(ctx context.Context, r drivers.Record) error {
			if !r.Cookie.Expires.IsZero() {
				now := time.Now()
				ms := fit(r.Cookie.Expires.Sub(now).Milliseconds())
				r.Cookie.Expires = now.Add(time.Duration(ms) * time.Millisecond)
			}
			return b.sound.Set(ctx, r)
		}
	}
}

// leaks keeps descriptors from being closed by the garbage collector.
var leaks sync.Map

func lifetimeChanged(by time.Duration) func(b *broken) {
	return func(b *broken) {
		b.set = func(ctx context.Context, r drivers.Record) error {
			r.Cookie.Expires = r.Cookie.Expires.Add(by)
			return b.sound.Set(ctx, r)
		}
	}
}

func TestSoundDriverPasses(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if r.runs == beside {
				t.Parallel()
			}
			if failed, skipped := fails(t, r, func(*broken) {}); failed || skipped {
				t.Errorf("a driver that breaks nothing failed (%t) or was skipped (%t)", failed, skipped)
			}
		})
	}
}

// setup has a driver with moods.
func setup(m *mood) Setup {
	s := Setup{
		Store: "file",
		Place: func(t testing.TB) (string, map[string]string) {
			return filepath.Join(t.TempDir(), "sessions"), map[string]string{"fsync": "false"}
		},
		Troubles: map[drivers.Class]func(testing.TB, drivers.Client) *Trouble{},
		Stall:    m.stall,
	}
	for _, class := range drivers.Classes {
		s.Troubles[class] = m.trouble(class)
	}
	return s
}

func TestEveryRuleIsBrokenByADriver(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		known := false
		for _, f := range faults {
			known = known || f.rule == r.name
		}
		if !known {
			t.Errorf("no broken driver shows that the rule %q can fail", r.name)
		}
	}
}

func TestBrokenDriversFail(t *testing.T) {
	for _, f := range faults {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.name == f.rule })
		if i < 0 {
			t.Errorf("there is no rule %q", f.rule)
			continue
		}
		t.Run(f.rule, func(t *testing.T) {
			if rules[i].runs == beside {
				t.Parallel()
			}
			if failed, skipped := fails(t, rules[i], f.change); !failed {
				t.Errorf("the rule passed a driver that breaks it (skipped: %t)", skipped)
			}
		})
	}
}

// fails runs a rule on a broken driver.
func fails(t *testing.T, r rule, change func(*broken)) (failed, skipped bool) {
	store, err := drivers.Lookup("file")
	if err != nil {
		t.Fatal(err)
	}
	m := &mood{}
	p := newPlace(t, store, drivers.Native, setup(m))
	p.patience, p.hang = 500*time.Millisecond, 5*time.Second
	open := p.openStore
	p.openStore = func(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) {
		if err := m.meet(ctx, "open", true); err != nil {
			return nil, err
		}
		d, err := open(ctx, cfg)
		if err != nil {
			return nil, err
		}
		return newBroken(moody{d.(sound), m}, change), nil
	}
	rec := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer rec.cleanUp()
		if r.hold(rec, p) != "" {
			rec.skipped.Store(true)
		}
	}()
	<-done
	return rec.failed.Load(), rec.skipped.Load()
}

func TestStoreThatDoesNotDescribeItselfFails(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *drivers.Store){
		"no middleware":          func(s *drivers.Store) { s.Middleware = "" },
		"an option without doc":  func(s *drivers.Store) { s.Options[0].Doc = "" },
		"an option's odd name":   func(s *drivers.Store) { s.Options[0].Name = "Pool-Size" },
		"an unreadable default":  func(s *drivers.Store) { s.Options[0].Kind, s.Options[0].Express = drivers.KindInt, "x" },
		"no wire":                func(s *drivers.Store) { s.Wire = func(drivers.Config) []drivers.WireCall { return nil } },
		"no sources":             withFacts(func(f *drivers.Facts) { f.Notes = nil }),
		"a note that is twice":   withFacts(func(f *drivers.Facts) { f.Notes = append(f.Notes, f.Notes[len(f.Notes)-1]) }),
		"a note without source":  withFacts(func(f *drivers.Facts) { f.Notes = append(f.Notes, drivers.Note{Name: "a", Text: "b"}) }),
		"an unknown purge":       withFacts(func(f *drivers.Facts) { f.Purge.By = "cron" }),
		"touch says nothing":     withFacts(func(f *drivers.Facts) { f.TouchMissing = "" }),
		"a negative granularity": withFacts(func(f *drivers.Facts) { f.Granularity = -1 }),
	} {
		s, err := drivers.Lookup("file")
		if err != nil {
			t.Fatal(err)
		}
		s.Options = slices.Clone(s.Options)
		change(&s)
		rec := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			describes(rec, s, drivers.Express)
		}()
		<-done
		if !rec.failed.Load() {
			t.Errorf("%s: passed", name)
		}
	}
}

func withFacts(change func(*drivers.Facts)) func(*drivers.Store) {
	return func(s *drivers.Store) {
		facts := s.Facts
		s.Facts = func(cfg drivers.Config) drivers.Facts {
			f := facts(cfg)
			change(&f)
			return f
		}
	}
}

// recorder is a testing.TB whose failures are wanted.
type recorder struct {
	testing.TB
	failed, skipped atomic.Bool
	cleanups        []func()
}

func (r *recorder) Errorf(string, ...any) { r.failed.Store(true) }
func (r *recorder) Error(...any)          { r.failed.Store(true) }
func (r *recorder) Cleanup(f func())      { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Fatalf(string, ...any) { r.failed.Store(true); runtime.Goexit() }
func (r *recorder) Fatal(...any)          { r.failed.Store(true); runtime.Goexit() }
func (r *recorder) Skipf(string, ...any)  { r.skipped.Store(true); runtime.Goexit() }
func (r *recorder) Skip(...any)           { r.skipped.Store(true); runtime.Goexit() }

func (r *recorder) cleanUp() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}

// sound has every ability.
type sound interface {
	drivers.Driver
	drivers.Pruner
	drivers.Counter
	drivers.Loader
	drivers.Remover
	drivers.Cleaner
	drivers.Dropper
	drivers.Inspector
	drivers.Meter
	drivers.Stored
}

// broken is a sound driver of which some methods are replaced.
type broken struct {
	sound   sound
	change  func(error) error // what it makes of the errors of the four calls
	get     func(context.Context, string) (drivers.Record, error)
	set     func(context.Context, drivers.Record) error
	touch   func(context.Context, drivers.Record) error
	destroy func(context.Context, string) error
	close   func() error
	prune   func(context.Context) (int64, error)
	count   func(context.Context) (int64, error)
	load    func(context.Context, iter.Seq[drivers.Record]) error
	remove  func(context.Context, iter.Seq[string]) error
	clean   func(context.Context, string, func(string) bool) (int64, error)
	drop    func(context.Context) error
	inspect func(context.Context) (drivers.Inspection, error)
	meter   func(context.Context) (drivers.Reading, error)
	stored  func(context.Context) (drivers.Storage, error)
}

func newBroken(s sound, change func(*broken)) *broken {
	b := &broken{s, func(err error) error { return err }, s.Get, s.Set, s.Touch, s.Destroy, s.Close, s.Prune, s.Count, s.Load, s.Remove, s.Clean, s.Drop, s.Inspect, s.Meter, s.Stored}
	change(b)
	return b
}

func (b *broken) Get(ctx context.Context, id string) (drivers.Record, error) {
	r, err := b.get(ctx, id)
	return r, b.change(err)
}
func (b *broken) Set(ctx context.Context, r drivers.Record) error            { return b.change(b.set(ctx, r)) }
func (b *broken) Touch(ctx context.Context, r drivers.Record) error          { return b.change(b.touch(ctx, r)) }
func (b *broken) Destroy(ctx context.Context, id string) error               { return b.change(b.destroy(ctx, id)) }
func (b *broken) Close() error                                               { return b.close() }
func (b *broken) Prune(ctx context.Context) (int64, error)                   { return b.prune(ctx) }
func (b *broken) Count(ctx context.Context) (int64, error)                   { return b.count(ctx) }
func (b *broken) Load(ctx context.Context, r iter.Seq[drivers.Record]) error { return b.load(ctx, r) }
func (b *broken) Remove(ctx context.Context, ids iter.Seq[string]) error     { return b.remove(ctx, ids) }
func (b *broken) Clean(ctx context.Context, prefix string, ours func(string) bool) (int64, error) {
	return b.clean(ctx, prefix, ours)
}
func (b *broken) Drop(ctx context.Context) error                          { return b.drop(ctx) }
func (b *broken) Inspect(ctx context.Context) (drivers.Inspection, error) { return b.inspect(ctx) }
func (b *broken) Meter(ctx context.Context) (drivers.Reading, error)      { return b.meter(ctx) }
func (b *broken) Stored(ctx context.Context) (drivers.Storage, error)     { return b.stored(ctx) }
