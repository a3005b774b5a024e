package interop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// app is the real middleware in a process of its own.
type app struct {
	base string
	sign signatures
}

// startApp starts the app on a store, with the middleware's own options. It ends
// with the test, which fails when the app had errors that nobody took (troubles).
func startApp(t testing.TB, store string, options map[string]any) *app {
	t.Helper()
	dir := modules(t)
	args, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "app/app.js", store, string(args))
	cmd.Env = append(os.Environ(), "NODE_PATH="+dir, "NODE_ENV=test")
	var log bytes.Buffer
	cmd.Stderr = &log
	alive, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	port, err := bufio.NewReader(out).ReadString('\n')
	a := &app{"http://127.0.0.1:" + strings.TrimSpace(port), signatures{recordedCookies(t).Secret}}
	t.Cleanup(func() {
		if left, err := a.troubles(); len(left) > 0 || err != nil {
			t.Errorf("the app on %s had errors: %q, %v", store, left, err)
		}
		alive.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the app on %s: %v\n%s", store, err, &log)
		}
	})
	if err != nil {
		t.Fatalf("the app on %s did not start: %v\n%s", store, err, &log)
	}
	return a
}

// answer is what came back from the app.
type answer struct {
	status int
	body   []byte
	id     string       // of the session in Set-Cookie
	cookie *http.Cookie // as set
}

// client gives up on an app that does not answer.
var client = &http.Client{Timeout: time.Minute}

// request is one request with the signed cookie of a session; empty: without.
func (a *app) request(ctx context.Context, method, path, id string, body []byte) (*http.Response, error) {
	rq, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if id != "" {
		rq.Header.Set("Cookie", cookieName+"="+a.sign.sign(id))
	}
	rq.Header.Set("Content-Type", "application/json")
	rq.Header.Set("X-Forwarded-Proto", "https") // else it sends no secure cookies
	return client.Do(rq)
}

// ask makes a request and waits for the end of its answer, which is when the
// session is saved.
func (a *app) ask(ctx context.Context, method, path, id string, body []byte) (got answer, err error) {
	response, err := a.request(ctx, method, path, id, body)
	if err != nil {
		return got, err
	}
	defer response.Body.Close()
	got.status = response.StatusCode
	if got.body, err = io.ReadAll(response.Body); err != nil {
		return got, fmt.Errorf("%s %s: %w", method, path, err)
	}
	for _, cookie := range response.Cookies() {
		got.cookie = cookie
		if got.id, err = a.sign.verify(cookie.Value); err != nil {
			return got, err
		}
	}
	return got, nil
}

// must makes a request that succeeds.
func (a *app) must(t testing.TB, method, path, id string, body []byte) answer {
	t.Helper()
	got, err := a.ask(t.Context(), method, path, id, body)
	if err != nil {
		t.Fatal(err)
	}
	if got.status != http.StatusOK {
		t.Fatalf("%s %s for session %q: %d %s", method, path, id, got.status, got.body)
	}
	return got
}

// login starts a session with these members, and a cookie whose attributes these
// are beside express-session's defaults.
func (a *app) login(t testing.TB, cookie map[string]any, data string) answer {
	t.Helper()
	attributes, err := json.Marshal(cookie)
	if err != nil {
		t.Fatal(err)
	}
	return a.must(t, "POST", "/login", "", fmt.Appendf(nil, `{"cookie":%s,"data":%s}`, attributes, data))
}

// me gives the session's JSON text as the app read it.
func (a *app) me(t testing.TB, id string) string {
	t.Helper()
	return string(a.must(t, "GET", "/me", id, nil).body)
}

// isAnonymous fails the test unless the app knows no such session.
func (a *app) isAnonymous(t testing.TB, id string) {
	t.Helper()
	got, err := a.ask(t.Context(), "GET", "/me", id, nil)
	if err != nil || got.status != http.StatusUnauthorized {
		t.Errorf("the app answers session %s with %d %s, %v; want %d", id, got.status, got.body, err, http.StatusUnauthorized)
	}
}

// troubles takes the errors that no answer told.
func (a *app) troubles() (errors []string, err error) {
	return errors, a.take("/errors", &errors)
}

// calls takes the names of the store's calls that requests made.
func (a *app) calls() (calls []string, err error) {
	return calls, a.take("/calls", &calls)
}

func (a *app) take(path string, into any) error {
	got, err := a.ask(context.Background(), "POST", path, "", nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(got.body, into)
}

// store makes one call of the middleware's store, beside any request.
func (a *app) store(ctx context.Context, call drivers.Call, r drivers.Record) (value string, err error) {
	got, err := a.ask(ctx, "POST", "/store/"+call.String()+"/"+r.ID, "", r.Value)
	if err != nil {
		return "", err
	}
	var said struct {
		Error *storeError
		Value *string
	}
	if err := json.Unmarshal(got.body, &said); err != nil {
		return "", fmt.Errorf("%s: %w: %s", call, err, got.body)
	}
	switch {
	case said.Error != nil:
		return "", said.Error
	case call == drivers.Get && said.Value == nil:
		return "", drivers.ErrNotFound
	case call == drivers.Get:
		value = *said.Value
	}
	return value, nil
}

// storeError is an error that a middleware's store gave.
type storeError struct{ Message, Code string }

func (e *storeError) Error() string { return e.Message }

// Is tells what the drivers have as ErrNotFound: session-file-store's ENOENT,
// which express-session takes for an absent session, and connect-mongo's touch.
func (e *storeError) Is(target error) bool {
	return target == drivers.ErrNotFound && (e.Code == "ENOENT" || e.Message == "Unable to find the session to touch")
}
