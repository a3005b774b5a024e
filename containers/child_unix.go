//go:build unix && !linux

package containers

import "syscall"

// childAttributes: only Linux ends a child with its parent. Elsewhere a server
// that outlives a killed run is ended by the next one, from the run's records.
func childAttributes(a *account, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: a.credential()}
}
