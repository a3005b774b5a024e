package redis

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

// parameters are what a URL may have after "?": the rest of what go-redis knows
// are options of the store, or would change what the express client sends.
var parameters = map[string]bool{"db": true, "skip_verify": true}

// parse reads a URL such as redis://user:password@host:6379/0, rediss:// or
// unix:///path?db=0. No error shows the URL, which may hold a password.
func parse(cfg drivers.Config) (*goredis.Options, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, errors.New("the address is not a URL: is a special character in the password not percent-encoded?")
	}
	for name := range u.Query() {
		if !parameters[name] {
			return nil, fmt.Errorf("the URL has the parameter %q: only db and skip_verify are known there", name)
		}
	}
	o, err := goredis.ParseURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("read the address: %w", err)
	}
	if o.TLSConfig != nil {
		if err := cfg.TLS.AddTo(o.TLSConfig); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// check refuses options and an address that can't be used.
func check(cfg drivers.Config) error {
	if err := checkPool(cfg); err != nil || cfg.URL == "" {
		return err
	}
	_, err := parse(cfg)
	return err
}

func checkPool(cfg drivers.Config) error {
	if size := cfg.Options.Int("pool_size"); size != 1 && cfg.Client != drivers.Native {
		return fmt.Errorf("pool_size %d: the express client has one connection, as node-redis; client native has a pool", size)
	}
	return nil
}

// escapePattern makes SCAN's MATCH take a text literally.
func escapePattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(text)
}
