package containers

import "syscall"

// childAttributes: only Linux ends a child with its parent. Elsewhere a server
// that outlives a killed run is ended by the next one, from the run's records.
func childAttributes(*account, syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
