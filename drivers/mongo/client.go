package mongo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// maxConnecting is how many connections a pool opens at a time: the default of
// the Node driver, and of the Go driver.
const maxConnecting = 2

// clientOptions sets what the mode asks for, and lets the URL's options win.
func clientOptions(cfg drivers.Config) (*options.ClientOptions, error) {
	retry := cfg.Client != drivers.Native
	opts := options.Client().
		SetMaxPoolSize(uint64(cfg.Options.Int("pool_size"))).
		SetMaxConnecting(maxConnecting).
		SetRetryReads(retry).
		SetRetryWrites(retry).
		ApplyURI(cfg.URL)
	if err := opts.Validate(); err != nil {
		return nil, badURL(err)
	}
	if opts.TLSConfig != nil {
		if err := cfg.TLS.AddTo(opts.TLSConfig); err != nil {
			return nil, err
		}
	}
	return opts, nil
}

// check refuses an address or TLS files that can't be used. What a mongodb+srv
// URL stands for, only the DNS knows.
func check(cfg drivers.Config) error {
	if cfg.URL == "" || strings.HasPrefix(cfg.URL, "mongodb+srv:") {
		return nil
	}
	_, err := clientOptions(cfg)
	return err
}

// badURL keeps the official parser's reason unless it could quote the password,
// as it and net/url do for one that is not percent-encoded.
func badURL(err error) error {
	var dns interface{ Timeout() bool } // a mongodb+srv name that does not resolve
	if errors.As(err, &dns) {
		return fmt.Errorf("look up the servers: %w", err)
	}
	return errors.New("the URL or one of its options is not valid: is a special character in the password not percent-encoded?")
}
