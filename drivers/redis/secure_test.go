package redis

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
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// forward passes what a listener accepts on to the server.
func forward(t *testing.T, l net.Listener) {
	t.Helper()
	upstream := hostPort(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			down, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer down.Close()
				up, err := net.Dial("tcp", upstream)
				if err != nil {
					return
				}
				defer up.Close()
				go func() {
					io.Copy(up, down)
					up.Close()
				}()
				io.Copy(down, up)
			}()
		}
	}()
}

// certificate makes a certificate for 127.0.0.1 that is its own CA, and its files.
func certificate(t *testing.T) (tls.Certificate, drivers.TLSFiles) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	dir := t.TempDir()
	files := drivers.TLSFiles{CA: filepath.Join(dir, "cert.pem"), Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for name, text := range map[string][]byte{files.Cert: certPEM, files.Key: keyPEM} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return pair, files
}

// worksAt stores a session and finds it again.
func worksAt(t *testing.T, cfg drivers.Config) *driver {
	t.Helper()
	d := connect(t, cfg)
	r := drivertest.Record("id", time.Hour, 0, drivertest.Padding(100_000))
	if err := d.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Get(t.Context(), r.ID); err != nil || string(got.Value) != string(r.Value) {
		t.Errorf("get: %d bytes, %v; want %d", len(got.Value), err, len(r.Value))
	}
	return d
}

func TestTLS(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		pair, files := certificate(t)
		ca := x509.NewCertPool()
		ca.AddCert(pair.Leaf)
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
			Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca,
		})
		if err != nil {
			t.Fatal(err)
		}
		forward(t, l)
		cfg := config(t, "rediss://"+l.Addr().String(), client, "prefix", place())
		cfg.TLS = files
		d := worksAt(t, cfg)
		if in, err := d.Inspect(t.Context()); err != nil || !in.TLS {
			t.Errorf("inspect: %+v, %v; want TLS", in, err)
		}
		for name, files := range map[string]drivers.TLSFiles{
			"unknown authority": {Cert: files.Cert, Key: files.Key},
			"certificate":       {CA: files.CA}, // the server wants ours
		} {
			cfg.TLS = files
			if d, err := drivers.Open(t.Context(), "redis", cfg); err == nil {
				t.Errorf("%s: no error", name)
				d.Close()
			} else if !strings.Contains(err.Error(), name) {
				t.Errorf("%v; want a word of the %s", err, name)
			}
		}
	})
}

func TestUnixSocket(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		path := filepath.Join(t.TempDir(), "redis.sock")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		forward(t, l)
		worksAt(t, config(t, "unix://"+path+"?db=2", client, "prefix", place()))
	})
}
