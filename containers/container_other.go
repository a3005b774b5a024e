//go:build !linux

package containers

import "errors"

// inContainer proves that a process number that Docker gave is visible here,
// which it is not where containers need a virtual machine.
func inContainer(int, string) error {
	return errors.New("Docker runs in a virtual machine")
}
