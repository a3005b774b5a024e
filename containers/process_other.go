//go:build !linux

package containers

import (
	"errors"
	"strconv"

	psutil "github.com/shirou/gopsutil/v4/process"
)

// pinThread: only Linux keeps a process to some processors.
func pinThread(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	return errors.New("a server can be kept to some processors on Linux only")
}

// InMemory tells whether a folder is on a file system that has no disk: not
// known here.
func InMemory(string) (bool, error) {
	return false, errors.New("whether there is a disk is known on Linux only")
}

// processTree returns pid and its descendants that live now.
func processTree(pid int) []int {
	tree := []int{pid}
	for i := 0; i < len(tree); i++ {
		p, err := psutil.NewProcess(int32(tree[i]))
		if err != nil {
			continue
		}
		children, _ := p.Children() // an error says that there are none
		for _, child := range children {
			tree = append(tree, int(child.Pid))
		}
	}
	return tree
}

// startOf names the moment a process began, in milliseconds.
func startOf(pid int) (string, error) {
	p, err := psutil.NewProcess(int32(pid))
	if err != nil {
		return "", err
	}
	created, err := p.CreateTime()
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(created, 10), nil
}
