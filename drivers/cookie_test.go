package drivers

import (
	"bytes"
	"testing"
	"time"
)

// recorded is what express-session 1.19.0 wrote.
const recorded = `{"cookie":{"originalMaxAge":3600000,"expires":"2026-11-23T09:46:28.535Z","httpOnly":true,"path":"/"},"user":{"id":42,"name":"alice"},"csrf":"Zm9vYmFy","n":0}`

var recordedExpires = time.Date(2026, 11, 23, 9, 46, 28, 535e6, time.UTC)

func TestNewCookieEndsAfterMaxAgeInWholeMilliseconds(t *testing.T) {
	t.Parallel()
	now := recordedExpires.Add(-time.Hour + 999*time.Microsecond)
	if c := NewCookie(now, time.Hour); c.MaxAge != time.Hour || !c.Expires.Equal(recordedExpires) {
		t.Errorf("%+v", c)
	}
	if c := NewCookie(now, 0); c != (Cookie{}) {
		t.Errorf("without a lifetime: %+v", c)
	}
}

func TestCookieIsWrittenAsExpressSessionDoes(t *testing.T) {
	t.Parallel()
	elsewhere := time.FixedZone("", 2*60*60)
	for want, c := range map[string]Cookie{
		`{"originalMaxAge":3600000,"expires":"2026-11-23T09:46:28.535Z","httpOnly":true,"path":"/"}`: {time.Hour, recordedExpires.In(elsewhere)},
		`{"originalMaxAge":1500,"expires":"2026-11-23T09:46:28.000Z","httpOnly":true,"path":"/"}`:    {1500 * time.Millisecond, recordedExpires.Truncate(time.Second)},
		`{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}`:                          {},
	} {
		if got := string(c.AppendJSON([]byte("x"))); got != "x"+want {
			t.Errorf("got %s; want %s", got, want)
		}
	}
}

func TestParseCookieReadsTheLifetime(t *testing.T) {
	t.Parallel()
	hour := Cookie{time.Hour, recordedExpires}
	for text, want := range map[string]Cookie{
		recorded: hour,
		`{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}}`: {},
		`{"cookie":{}}`: {},
		`{"cookie":{"path":"}\"{","expires":"2026-11-23T09:46:28.535Z","originalMaxAge":3600000}}`:                                                     hour,
		`{"cookie":{"domain":"\"expires\":\"2001-01-01T00:00:00.000Z\",","originalMaxAge":3600000,"expires":"2026-11-23T09:46:28.535Z"},"cookie2":{}}`: hour,
		`{"cookie":{"originalMaxAge":3599999.5,"expires":"2026-11-23T11:46:28.535+02:00"}}`:                                                            {time.Hour - 500*time.Microsecond, recordedExpires},
		`{"cookie":{"expires":"2026-11-23T09:46:28.535Z"},"originalMaxAge":5}`:                                                                         {0, recordedExpires},
	} {
		got, err := ParseCookie([]byte(text))
		if err != nil || got.MaxAge != want.MaxAge || !got.Expires.Equal(want.Expires) {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestParseCookieRefusesWhatHasNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `{}`, `[]`, `null`, `{"user":1,"cookie":{}}`, `{"cookie":null}`, `{"cookie":{"expires":null`, `{"cookie":{"path":"}`,
		`{"cookie":{"expires":"tomorrow"}}`, `{"cookie":{"expires":12}}`, `{"cookie":{"originalMaxAge":"1"}}`,
	} {
		if c, err := ParseCookie([]byte(text)); err == nil {
			t.Errorf("%s gave %+v", text, c)
		}
	}
}

func TestRenewedSessionDiffersInItsLifetimeOnly(t *testing.T) {
	t.Parallel()
	c := Cookie{time.Minute, recordedExpires.Add(time.Minute)}
	const renewed = `"originalMaxAge":60000`
	const expires = `"expires":"2026-11-23T09:47:28.535Z"`
	for value, want := range map[string]string{
		recorded: `{"cookie":{` + renewed + `,` + expires + `,"httpOnly":true,"path":"/"},"user":{"id":42,"name":"alice"},"csrf":"Zm9vYmFy","n":0}`,
		// The order of express-session's Cookie.toJSON with every attribute.
		`{"cookie":{"originalMaxAge":1,"partitioned":true,"priority":"high","expires":null,"secure":true,"httpOnly":true,"domain":"a,b:}\"","path":"/","sameSite":"lax"},"expires":1}`: `{"cookie":{` + renewed + `,"partitioned":true,"priority":"high",` + expires + `,"secure":true,"httpOnly":true,"domain":"a,b:}\"","path":"/","sameSite":"lax"},"expires":1}`,
		`{"cookie":{}}`: `{"cookie":{` + renewed + `,` + expires + `}}`,
		`{"cookie":{"path":"/"},"n":{"cookie":1}}`: `{"cookie":{"path":"/",` + renewed + `,` + expires + `},"n":{"cookie":1}}`,
	} {
		got, err := AppendRenewed([]byte("x"), []byte(value), c)
		if err != nil || string(got) != "x"+want {
			t.Errorf("%s became\n%s, %v; want\n%s", value, got, err, want)
		}
		if back, err := ParseCookie(got[1:]); err != nil || back.MaxAge != c.MaxAge || !back.Expires.Equal(c.Expires) {
			t.Errorf("%s is read as %+v, %v", got, back, err)
		}
	}
}

func TestRenewingToASessionCookieRemovesTheDates(t *testing.T) {
	t.Parallel()
	got, err := AppendRenewed(nil, []byte(recorded), Cookie{})
	if err != nil || !bytes.Contains(got, []byte(`{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true`)) {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := AppendRenewed([]byte("kept"), []byte(`{"user":1}`), Cookie{}); err == nil || string(got) != "kept" {
		t.Errorf("a session without a cookie: %s, %v", got, err)
	}
}

// A renewal never loses or adds anything but the lifetime, whatever the text is.
func FuzzAppendRenewed(f *testing.F) {
	f.Add(recorded)
	f.Add(`{"cookie":{"path":"\\\"}","expires":null},"a":"{"}`)
	c := Cookie{time.Hour, recordedExpires}
	f.Fuzz(func(t *testing.T, value string) {
		once, err := AppendRenewed(nil, []byte(value), c)
		if err != nil {
			return
		}
		twice, err := AppendRenewed(nil, once, c)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%q renewed is %q, renewed again %q, %v", value, once, twice, err)
		}
	})
}
