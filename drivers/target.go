package drivers

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Target is one store to test, as typed: NAME[:TAG][@OPTION=VALUE…][=URL].
type Target struct {
	Text     string // as typed; may hold a password, so print String
	Store    Store
	Tag      string            // an image tag, such as "7.4"; empty: the default
	Settings map[string]string // options of the store, as typed, without "client"
	Client   Client            // empty: the run's
	URL      string            // empty: provide one
}

// urlStart finds the "=" before a URL: one that is followed by a scheme or a path.
var urlStart = regexp.MustCompile(`=([A-Za-z][A-Za-z0-9+.-]*://|\.{0,2}/)`)

// ParseTarget reads a target. The URL starts at the first "=" that is followed by
// a scheme or a path (./x, ../x or /x). Errors say what is wrong and what is
// allowed, and never show the URL's password.
func ParseTarget(text string) (Target, error) {
	t := Target{Text: text, Settings: map[string]string{}}
	head := text
	for _, at := range urlStart.FindAllStringIndex(text, -1) {
		if !optionPath(text[:at[0]]) {
			head, t.URL = text[:at[0]], text[at[0]+1:]
			break
		}
	}
	if before, _, misplaced := strings.Cut(head, "://"); misplaced { // not shown: it may hold a password
		return Target{}, fmt.Errorf("target %q: a URL stands after the name of its store, such as redis=redis://HOST", before+"://…")
	}
	parts := strings.Split(head, "@")
	name, _, isURL := strings.Cut(parts[0], "=")
	if isURL { // not shown: as above
		return Target{}, fmt.Errorf("target %q: what follows the = is neither a URL (SCHEME://…) nor a path (./x, ../x or /x)", name+"=…")
	}
	name, tag, tagged := strings.Cut(name, ":")
	store, err := Lookup(name)
	if err != nil {
		return Target{}, err
	}
	t.Store, t.Tag = store, tag
	if tagged && tag == "" {
		return Target{}, fmt.Errorf("target %q: the tag after %q is empty", head, name+":")
	}
	if tagged && store.InProcess() {
		return Target{}, fmt.Errorf("target %q: %s runs in process and has no image tag", head, name)
	}
	if tagged && t.URL != "" {
		return Target{}, fmt.Errorf("target %q: a tag names an image to start, a URL a server that runs: give one of them", head)
	}
	for _, part := range parts[1:] {
		if err := t.set(part); err != nil {
			return Target{}, fmt.Errorf("target %q: %w", head, err)
		}
	}
	if err := t.checkURL(); err != nil {
		return Target{}, fmt.Errorf("target %q: %w", head, err)
	}
	return t, nil
}

// optionPath tells whether an "=" ends the name of an option of the last "@"
// part (file@path=/tmp/x), rather than starting the URL.
func optionPath(head string) bool {
	at := strings.LastIndexByte(head, '@')
	return at >= 0 && !strings.Contains(head[at:], "=")
}

func (t *Target) set(part string) error {
	key, value, ok := strings.Cut(part, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is not OPTION=VALUE", part)
	}
	if key == "client" {
		if t.Client != "" {
			return errors.New("client is given twice")
		}
		t.Client = Client(value)
		return t.Client.Check()
	}
	if _, twice := t.Settings[key]; twice {
		return fmt.Errorf("option %q is given twice", key)
	}
	t.Settings[key] = value
	_, err := t.Store.Resolve(Express, map[string]string{key: value})
	return err
}

// Check refuses an unknown client mode.
func (c Client) Check() error {
	if c != Express && c != Native {
		return fmt.Errorf("client %q is neither express nor native", string(c))
	}
	return nil
}

func (t *Target) checkURL() error {
	if t.URL == "" {
		return nil
	}
	scheme, _, isURL := strings.Cut(t.URL, "://")
	if t.Store.InProcess() {
		if t.Store.Name == "memory" || isURL {
			return fmt.Errorf("%s takes no URL", t.Store.Name)
		}
		return nil
	}
	if !isURL || !slices.Contains(t.Store.Schemes, scheme) {
		return fmt.Errorf("the URL must start with %s://", strings.Join(t.Store.Schemes, ":// or "))
	}
	if strings.Contains(t.URL, ",") { // several hosts: only the store's own parser knows them
		return nil
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return fmt.Errorf("%s is not a URL: is a special character in the password not percent-encoded?", escaped(Redact(t.URL)))
	}
	if _, err := strconv.ParseUint(u.Port(), 10, 16); err != nil && u.Port() != "" {
		return fmt.Errorf("the port %s is not one of 1 to 65535", u.Port())
	}
	return nil
}

// String is the target as typed, without passwords.
func (t Target) String() string {
	if t.URL == "" {
		return t.Text
	}
	return strings.TrimSuffix(t.Text, t.URL) + Redact(t.URL)
}
