package drivers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
)

// Advise ends an error of a store's opening, or of its first calls, with what
// the user can do about it. An error that nothing is known of stays as it is.
func Advise(s Store, err error) error {
	text := ""
	if s.Advice != nil {
		text = s.Advice(err)
	}
	if text == "" {
		text = s.advice(err)
	}
	if text == "" {
		return err
	}
	return advised{err, text}
}

// advised is an error and what to do about it.
type advised struct {
	error
	text string
}

func (e advised) Error() string { return strings.TrimSuffix(e.error.Error(), ".") + ": " + e.text }
func (e advised) Unwrap() error { return e.error }

// advice is about what can happen on the way to any server.
func (s Store) advice(err error) string {
	if text := certificateAdvice(err); text != "" {
		return text
	}
	var name *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &name):
		return "is the host's name in the URL right?"
	}
	switch Classify(err) {
	case ClassRefused:
		return fmt.Sprintf("is the %s server running, and is this its port?", s.Title)
	case ClassTimeout, ClassReset:
		return s.otherServer()
	}
	var plain tls.RecordHeaderError
	var strange otherServer
	if errors.As(err, &plain) || errors.As(err, &strange) {
		return s.otherServer()
	}
	return ""
}

func (s Store) otherServer() string {
	return fmt.Sprintf("is this the port of a %s server? (%s)", s.Title, s.TLS)
}

// OtherServer marks the error of an answer that the store's server would not
// give.
func OtherServer(err error) error { return otherServer{err} }

type otherServer struct{ error }

func (e otherServer) Unwrap() error { return e.error }

// certificateAdvice is about certificates that one side does not like.
func certificateAdvice(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var remote *net.OpError
	switch {
	case errors.As(err, &authority):
		return "give the certificate of its authority with --tls-ca"
	case errors.As(err, &host):
		return "give the host by a name that its certificate has"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server needs a new certificate, unless this machine's clock is wrong"
	case errors.As(err, &invalid):
		return "the server needs another certificate"
	case errors.As(err, &remote) && remote.Op == "remote error" && strings.Contains(remote.Err.Error(), "certificate"):
		return "give a certificate that the server accepts with --tls-cert and --tls-key"
	}
	return ""
}
