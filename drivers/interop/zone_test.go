package interop

import (
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/internal/testserver"
)

// TestClientsInDifferentTimeZonesMisunderstandEachOther shows connect-pg-simple's
// trap: expire has no time zone, so it means the one of whoever connects. Of one
// zone, both sides agree; of two, the western one's sessions are over for the
// eastern one at once, and the other way round they live hours too long.
func TestClientsInDifferentTimeZonesMisunderstandEachOther(t *testing.T) {
	t.Parallel()
	postgres := storeNamed(t, "postgres")
	p := postgres.place(t)
	url := testserver.Postgres(t)
	const utc, newYork = "UTC", "America/New_York"
	zones := map[string]sides{}
	for _, zone := range []string{utc, newYork} {
		here := p
		here.url = url + "&options=-c%20TimeZone%3D" + zone
		a := startApp(t, postgres.name, with(p.options, map[string]any{"conString": here.url}))
		a.login(t, nil, `{"user":1}`)
		d, facts := here.openDriver(t, postgres, drivers.Express)
		zones[zone] = sides{here, a, d, facts, drivertest.NewIDs()}
	}
	const lifetime = time.Hour // less than the zones are apart
	for _, c := range []struct {
		writer, reader string
		seen           bool
		over           bool // seen although its time is over
	}{
		{utc, utc, true, false},
		{newYork, newYork, true, false},
		{newYork, utc, false, false},
		{utc, newYork, true, true},
	} {
		writer, reader := zones[c.writer], zones[c.reader]
		expired := func() drivers.Record {
			r := drivers.Record{ID: writer.ids.Next(), Cookie: drivers.NewCookie(time.Now().Add(-2*lifetime), lifetime)}
			r.Value = drivertest.Value(r.Cookie, 3, "")
			return r
		}
		for name, id := range map[string]string{
			"the app's":    writer.login(t, map[string]any{"maxAge": lifetime.Milliseconds()}, kinds[0].data()).id,
			"the driver's": writer.set(t, drivertest.Record(writer.ids.Next(), lifetime, 3, "")).ID,
		} {
			reader.sees(t, c.writer+" to "+c.reader+", "+name, id, c.seen)
		}
		theirs := expired()
		if _, err := writer.store(t.Context(), drivers.Set, theirs); err != nil {
			t.Fatal(err)
		}
		for name, id := range map[string]string{"the app's": theirs.ID, "the driver's": writer.set(t, expired()).ID} {
			reader.sees(t, c.writer+" to "+c.reader+", "+name+" expired one", id, c.over)
		}
	}
}

// sees compares whether both sides find a session with what is expected. The
// driver looks first, since the app's request touches.
func (s sides) sees(t *testing.T, what, id string, want bool) {
	t.Helper()
	_, err := s.driver.Get(t.Context(), id)
	if (err == nil) != want {
		t.Errorf("%s: the driver's get gives %v; want it seen: %v", what, err, want)
	}
	got, err := s.ask(t.Context(), "GET", "/me", id, nil)
	if err != nil || (got.status == 200) != want {
		t.Errorf("%s: the app answers %d, %v; want it seen: %v", what, got.status, err, want)
	}
}
