package postgres

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/sessionbench/bench/drivers"
)

// errURL does not wrap pgx's error, which can quote a password that is not
// percent-encoded.
var errURL = errors.New("the URL, one of its parameters or a file that it names is not valid: is a special character in the password not percent-encoded?")

// check refuses options and an address that can't be used.
func check(cfg drivers.Config) error {
	if err := checkTable(cfg); err != nil || cfg.URL == "" {
		return err
	}
	_, err := poolConfig(cfg)
	return err
}

func checkTable(cfg drivers.Config) error {
	if tableOf(cfg.Options).name == "" {
		return fmt.Errorf("postgres.%s is empty", optTable)
	}
	return nil
}

// poolConfig reads the URL and sets what the client mode asks for.
func poolConfig(cfg drivers.Config) (*pgxpool.Config, error) {
	given := parameters(cfg.URL)
	if err := onlyServers(given); err != nil {
		return nil, err
	}
	if _, err := pgconn.ParseConfig(cfg.URL); err != nil {
		return nil, errURL
	}
	c, err := pgxpool.ParseConfig(withTLS(cfg, given))
	if err != nil {
		return nil, fmt.Errorf("use the TLS files: %w", errors.Unwrap(err))
	}
	c.MinConns, c.MaxConns = 0, int32(cfg.Options.Int(optPoolSize))
	if cfg.Client != drivers.Native {
		c.MaxConnLifetime = 0
		c.MaxConnIdleTime = idleTimeout
		c.HealthCheckPeriod = time.Second
	}
	c.ConnConfig.ConnectTimeout = shorter(c.ConnConfig.ConnectTimeout, cfg.ConnectTimeout)
	if _, has := c.ConnConfig.RuntimeParams["client_encoding"]; !has {
		c.ConnConfig.RuntimeParams["client_encoding"] = "UTF8" // as node-pg
	}
	return c, nil
}

// shorter is the shorter of two time limits, of which 0 is none; pgxpool's own
// when there is none.
func shorter(a, b time.Duration) time.Duration {
	const pgxpools = 2 * time.Minute
	switch {
	case a <= 0 && b <= 0:
		return pgxpools
	case a <= 0:
		return b
	case b <= 0:
		return a
	}
	return min(a, b)
}

// parameters are what a URL has after "?". Like pgx and libpq, this takes the
// first "@" before any "/" as the end of the password.
func parameters(address string) url.Values {
	_, rest, _ := strings.Cut(address, "://")
	if i := strings.IndexAny(rest, "@/"); i >= 0 && rest[i] == '@' {
		rest = rest[i+1:]
	}
	_, query, _ := strings.Cut(rest, "?")
	values, _ := url.ParseQuery(query) // what is wrong in it, pgx says
	return values
}

// onlyServers refuses the parameters that only pgx knows: they would change what
// the store's options and the client mode stand for, or do nothing.
func onlyServers(given url.Values) error {
	for name := range given {
		switch {
		case name == "pool_max_conns":
			return fmt.Errorf("the URL has the parameter %s: set postgres.%s instead", name, optPoolSize)
		case strings.HasPrefix(name, "pool_"), strings.HasSuffix(name, "_cache_capacity"), name == "default_query_exec_mode":
			return fmt.Errorf("the URL has the parameter %s, which the client mode decides", name)
		}
	}
	return nil
}

// withTLS adds the TLS files to the URL, whose sslmode decides how they are used.
// Without one, files mean that TLS is wanted; without them the express client
// uses none, as node-pg, and the native one what pgx would.
func withTLS(cfg drivers.Config, given url.Values) string {
	add := url.Values{}
	for name, path := range map[string]string{"sslrootcert": cfg.TLS.CA, "sslcert": cfg.TLS.Cert, "sslkey": cfg.TLS.Key} {
		if path != "" {
			add.Set(name, path)
		}
	}
	stated := given.Has("sslmode") || given.Has("ssl") || os.Getenv("PGSSLMODE") != ""
	switch {
	case stated:
	case cfg.TLS.CA != "":
		add.Set("sslmode", "verify-full")
	case len(add) > 0:
		add.Set("sslmode", "require")
	case cfg.Client != drivers.Native && !slices.ContainsFunc([]string{"sslrootcert", "sslcert", "sslnegotiation"}, given.Has):
		add.Set("sslmode", "disable")
	}
	if len(add) == 0 {
		return cfg.URL
	}
	between := "?"
	if len(given) > 0 {
		between = "&"
	}
	// pgx takes a "+" literally.
	return strings.TrimSuffix(cfg.URL, "?") + between + strings.ReplaceAll(add.Encode(), "+", "%20")
}
