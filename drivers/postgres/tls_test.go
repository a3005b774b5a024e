package postgres_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/internal/testserver"
)

// identity makes a certificate that is its own authority, and its key, as PEM.
func identity(t *testing.T, name string) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func saved(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// encrypting is a server of the test's own that speaks TLS, asks for the
// certificate of "client" and logs in nobody over TLS without it.
func encrypting(t *testing.T, certificate, key, clients []byte) *containers.Backend {
	t.Helper()
	b := testserver.OwnPostgres(t)
	conn := plain(t, b.URL)
	// The server writes its files itself: they have to be its account's.
	for name, text := range map[string][]byte{"server.crt": certificate, "server.key": key, "clients.crt": clients,
		"pg_hba.conf": []byte("hostnossl all all 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n")} {
		if _, err := conn.PgConn().CopyFrom(t.Context(), bytes.NewReader(text), `CREATE TEMP TABLE IF NOT EXISTS f (line text); TRUNCATE f; COPY f FROM STDIN`); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), `COPY f TO PROGRAM 'umask 077; cat > `+name+`'`); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{"ALTER SYSTEM SET ssl = on", "ALTER SYSTEM SET ssl_ca_file = 'clients.crt'", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	await(t, b.URL, `SELECT current_setting('ssl') = 'on'`)
	return b
}

func TestTLSIsUsedAsTheURLSays(t *testing.T) {
	t.Parallel()
	certificate, key := identity(t, "server")
	clientCertificate, clientKey := identity(t, "client")
	stranger, _ := identity(t, "stranger")
	b := encrypting(t, certificate, key, clientCertificate)
	ours := drivers.TLSFiles{CA: saved(t, "ca", certificate), Cert: saved(t, "cert", clientCertificate), Key: saved(t, "key", clientKey)}
	without, unknown := ours, ours
	without.Cert, without.Key, unknown.CA = "", "", saved(t, "stranger", stranger)

	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		for _, c := range []struct {
			name, mode string
			files      drivers.TLSFiles
			tls        bool
			fails      string
		}{
			{name: "stated and verified", mode: "verify-full", files: ours, tls: true},
			{name: "files alone", files: ours, tls: true},
			{name: "required", mode: "require", files: ours, tls: true},
			{name: "disabled", mode: "disable", files: ours},
			{name: "another authority", mode: "verify-full", files: unknown, fails: "certificate"},
			{name: "without a client certificate", mode: "verify-full", files: without, fails: "client certificate"},
		} {
			t.Run(string(client)+", "+c.name, func(t *testing.T) {
				u := mustParse(t, b.URL)
				u.RawQuery = ""
				if c.mode != "" {
					u.RawQuery = "sslmode=" + c.mode
				}
				cfg := config(t, u.String(), client, "table", place())
				cfg.TLS = c.files
				if c.fails != "" {
					if _, err := drivers.Open(t.Context(), "postgres", cfg); err == nil || !strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), "\n") {
						t.Errorf("open: %v; want one line with %q", err, c.fails)
					}
					return
				}
				d := connect(t, cfg)
				r := drivertest.Record("id", time.Hour, 1, "")
				if err := d.Set(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if got, err := d.Get(t.Context(), r.ID); err != nil || string(got.Value) != string(r.Value) {
					t.Errorf("get: %s, %v", got.Value, err)
				}
				if in, err := d.Inspect(t.Context()); err != nil || in.TLS != c.tls {
					t.Errorf("inspect: TLS %t, %v; want %t", in.TLS, err, c.tls)
				}
			})
		}
	}
	t.Run("a server that goes away", func(t *testing.T) { goesAway(t, b) })
}

// goesAway ends the server under both clients.
func goesAway(t *testing.T, b *containers.Backend) {
	var open []driver
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		open = append(open, connect(t, config(t, b.URL, client, "table", place())))
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, d := range open {
		for range 2 {
			_, err := d.Get(t.Context(), "id")
			if class := drivers.Classify(err); class != drivers.ClassRefused && class != drivers.ClassReset {
				t.Errorf("get: %v, classed %s", err, class)
			}
		}
		if _, err := d.Get(t.Context(), "id"); drivers.Classify(err) != drivers.ClassRefused {
			t.Errorf("get: %v, classed %s; want refused", err, drivers.Classify(err))
		}
	}
}
