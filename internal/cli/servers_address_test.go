package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// What is wrong with an address or a TLS file is known before any server is
// asked, and is the user's mistake.
func TestAddressesThatNoServerHas(t *testing.T) {
	t.Parallel()
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	if err := os.WriteFile(garbage, []byte("Nobody's certificate.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const escape = `is a special character in the password not percent-encoded\?$`
	for _, c := range []aTrouble{
		{name: "redis, another scheme", target: "redis=http://app:" + secret + "@127.0.0.1:1", says: `the URL must start with redis:// or rediss:// or unix://$`},
		{name: "redis, a port that is no number", target: "redis=redis://app:" + secret + "@127.0.0.1:six", says: `redis://app:xxxxx@127\.0\.0\.1:six is not a URL: ` + escape},
		{name: "redis, a port too high", target: "redis=redis://app:" + secret + "@127.0.0.1:65536", says: `the port 65536 is not one of 1 to 65535$`},
		{name: "redis, a special character", target: "redis=redis://app:" + secret + "%zz@127.0.0.1", says: `is not a URL: ` + escape},
		{name: "redis, a database that is no number", target: "redis=redis://app:" + secret + "@127.0.0.1/shop", says: `invalid database number: "shop"$`},
		{name: "redis, an unknown parameter", target: "redis=redis://app:" + secret + "@127.0.0.1/0?pool_size=7", says: `the URL has the parameter "pool_size": only db and skip_verify are known there$`},
		{name: "postgres, a port too high", target: "postgres=postgres://app:" + secret + "@127.0.0.1:65536/app", says: `the port 65536 is not one of 1 to 65535$`},
		{name: "postgres, another scheme", target: "postgres=mysql://app:" + secret + "@127.0.0.1/app", says: `the URL must start with postgres:// or postgresql://$`},
		{name: "postgres, an unknown mode of TLS", target: "postgres=postgres://app:" + secret + "@127.0.0.1/app?sslmode=maybe", says: `the URL, one of its parameters or a file that it names is not valid: ` + escape},
		{name: "postgres, a special character", target: "postgres=postgres://app:" + secret + "%zz@127.0.0.1/app", says: escape},
		{name: "mongo, another scheme", target: "mongo=mongo://app:" + secret + "@127.0.0.1", says: `the URL must start with mongodb:// or mongodb\+srv://$`},
		{name: "mongo, a port too high", target: "mongo=mongodb://app:" + secret + "@127.0.0.1:65536/app", says: `the port 65536 is not one of 1 to 65535$`},
		{name: "mongo, an option that is no number", target: "mongo=mongodb://app:" + secret + "@127.0.0.1/?maxPoolSize=many", says: `the URL or one of its options is not valid: ` + escape},
		{name: "mongo, a special character", target: "mongo=mongodb://app:" + secret + "/p@127.0.0.1/app", says: escape},
		{name: "no certificate in --tls-ca", target: "redis=rediss://app:" + secret + "@127.0.0.1", args: []string{"--tls-ca=" + garbage}, says: `--tls-ca: .*garbage\.pem holds no PEM certificate$`},
		{name: "no certificate in --tls-cert", target: "redis=rediss://app:" + secret + "@127.0.0.1", args: []string{"--tls-cert=" + garbage, "--tls-key=" + garbage}, says: `--tls-cert .*--tls-key: .*PEM`},
	} {
		c.status = exitUsage
		c.run(t)
		c.clean(t)
	}
}
