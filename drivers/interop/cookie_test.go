package interop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// cookieName is express-session's default.
const cookieName = "connect.sid"

// signatures are the signed cookies of an app with this secret.
type signatures struct{ secret string }

// sign gives the cookie's value as express-session sends it: "s:", the id, a dot,
// and the id's HMAC in base64 without padding, all of it percent-encoded.
func (s signatures) sign(id string) string { return url.QueryEscape(s.signed(id)) }

func (s signatures) signed(id string) string {
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write([]byte(id))
	return "s:" + id + "." + base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

// verify gives the id of a signed cookie's value.
func (s signatures) verify(value string) (id string, err error) {
	text, err := url.QueryUnescape(value)
	if err != nil {
		return "", fmt.Errorf("the cookie %s: %w", value, err)
	}
	id, _, _ = strings.Cut(strings.TrimPrefix(text, "s:"), ".")
	if want := s.signed(id); !hmac.Equal([]byte(text), []byte(want)) {
		return "", fmt.Errorf("the cookie is %s, signed right it is %s", text, want)
	}
	return id, nil
}

// recorded are cookies that express-session signed.
type recorded struct {
	Secret   string
	Sessions map[string]struct{ SetCookie, SignedValue, Sid string }
}

func recordedCookies(t testing.TB) (r recorded) {
	t.Helper()
	text, err := os.ReadFile("testdata/cookies.json")
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil || len(r.Sessions) == 0 {
		t.Fatalf("testdata/cookies.json has %d cookies, %v", len(r.Sessions), err)
	}
	return r
}

func TestCookiesAreSignedAsExpressSessionDoes(t *testing.T) {
	t.Parallel()
	recorded := recordedCookies(t)
	sign := signatures{recorded.Secret}
	for store, want := range recorded.Sessions {
		if got := sign.signed(want.Sid); got != want.SignedValue {
			t.Errorf("%s: signed %s, recorded %s", store, got, want.SignedValue)
		}
		if got := cookieName + "=" + sign.sign(want.Sid) + ";"; !strings.HasPrefix(want.SetCookie, got) {
			t.Errorf("%s: sent %s, recorded %s", store, got, want.SetCookie)
		}
		cookie, err := http.ParseSetCookie(want.SetCookie)
		if err != nil {
			t.Fatal(err)
		}
		if id, err := sign.verify(cookie.Value); id != want.Sid || err != nil {
			t.Errorf("%s: verified as %s, %v; want %s", store, id, err, want.Sid)
		}
		if id, err := (signatures{"another secret"}).verify(cookie.Value); err == nil {
			t.Errorf("%s: another secret's cookie was taken for that of %s", store, id)
		}
	}
}
