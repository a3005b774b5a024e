package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/testserver"
)

// authority signs the certificates of a test's servers.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string // what --tls-ca gets
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, file: filepath.Join(t.TempDir(), "ca.pem")}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(a.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// signs gives a server's certificate for a host, valid from now for a time, which
// may be over.
func (a *authority) signs(t *testing.T, host string, valid time.Duration) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(valid),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// encrypted passes on what it deciphers to a server. PostgreSQL's clients ask for
// TLS first.
func encrypted(t *testing.T, store, upstream string, config *tls.Config) (address string) {
	t.Helper()
	return listening(t, func(down net.Conn) {
		defer down.Close()
		if store == "postgres" {
			if _, err := io.ReadFull(down, make([]byte, 8)); err != nil {
				return
			}
			if _, err := down.Write([]byte("S")); err != nil {
				return
			}
		}
		secured := tls.Server(down, config)
		if secured.Handshake() != nil {
			return
		}
		up, err := net.Dial("tcp", upstream)
		if err != nil {
			return
		}
		defer up.Close()
		go func() {
			io.Copy(up, secured)
			up.Close()
		}()
		io.Copy(secured, up)
	})
}

func TestTLSThatFails(t *testing.T) {
	t.Parallel()
	ours := newAuthority(t)
	const host = "127.0.0.1"
	demanding := &tls.Config{
		Certificates: []tls.Certificate{ours.signs(t, host, time.Hour)},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(),
	}
	with := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	valid := with(ours.signs(t, host, time.Hour))
	for _, s := range []struct{ store, upstream, plain, secure, path, query string }{
		{store: "redis", upstream: hostOf(t, testserver.Redis(t)), plain: "redis://", secure: "rediss://", path: "/0"},
		{store: "postgres", upstream: hostOf(t, testserver.Postgres(t)), plain: "postgres://", secure: "postgres://", path: "/app", query: "?sslmode=verify-full"},
		{store: "mongo", upstream: hostOf(t, mongotest.URL(t)), plain: "mongodb://", secure: "mongodb://", path: "/app", query: "?tls=true"},
	} {
		secure := func(address string) string {
			return s.store + "=" + s.secure + "app:" + secret + "@" + address + s.path + s.query
		}
		behind := func(c *tls.Config) string { return secure(encrypted(t, s.store, s.upstream, c)) }
		trusting := []string{"--tls-ca=" + ours.file}
		for _, c := range []aTrouble{
			{name: "TLS to a plain port", target: secure(s.upstream), args: trusting, silent: true,
				says: `: is this the port of a \w+ server\? \(.* is with TLS, .* without\)$`},
			{name: "plain to a TLS port", target: s.store + "=" + s.plain + "app:" + secret + "@" + encrypted(t, "", s.upstream, valid) + s.path, silent: true,
				says: `: is this the port of a \w+ server\? \(.* is with TLS, .* without\)$`},
			{name: "expired", target: behind(with(ours.signs(t, host, -time.Hour))), args: trusting,
				says: `certificate has expired .*: the server needs a new certificate, unless this machine's clock is wrong$`},
			{name: "an unknown authority", target: behind(valid), args: []string{"--tls-ca=" + newAuthority(t).file},
				says: `certificate signed by unknown authority.*: give the certificate of its authority with --tls-ca$`},
			{name: "no authority", target: behind(valid),
				says: `certificate signed by unknown authority: give the certificate of its authority with --tls-ca$`},
			{name: "for another host", target: behind(with(ours.signs(t, "elsewhere.example", time.Hour))), args: trusting,
				says: `certificate for 127\.0\.0\.1 .*: give the host by a name that its certificate has$`},
			{name: "a client certificate is wanted", target: behind(demanding), args: trusting,
				says: `remote error: tls: certificate required: give a certificate that the server accepts with --tls-cert and --tls-key$`},
		} {
			c.name = s.store + ", " + c.name
			c.run(t)
		}
	}
}
