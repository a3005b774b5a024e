package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// read gives a file's text without the white space around it. The path has no
// leading slash, as io/fs wants it; the error has.
func (m *Machine) read(path string) (string, error) {
	text, err := fs.ReadFile(m.Root, path)
	var known *fs.PathError
	if errors.As(err, &known) {
		err = known.Err
	}
	if err != nil {
		return "", fmt.Errorf("/%s: %w", path, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// numbers reads a file of so many whole numbers, at least.
func (m *Machine) numbers(path string, least int) ([]int, error) {
	text, err := m.read(path)
	if err != nil {
		return nil, err
	}
	var all []int
	for _, field := range strings.Fields(text) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("/%s: %q is no number", path, field)
		}
		all = append(all, n)
	}
	if len(all) < least {
		return nil, fmt.Errorf("/%s: %q is too short", path, text)
	}
	return all, nil
}

func (m *Machine) number(path string) (int, error) {
	all, err := m.numbers(path, 1)
	if err != nil {
		return 0, err
	}
	return all[0], nil
}

// keyed reads a file with a name and a number a line, as /proc/meminfo and
// cpu.stat have them; what follows the number is its unit. All wanted names must
// be there.
func (m *Machine) keyed(path string, wanted ...string) (map[string]uint64, error) {
	text, err := m.read(path)
	if err != nil {
		return nil, err
	}
	values := map[string]uint64{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		if n, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
			values[strings.TrimSuffix(fields[0], ":")] = n
		}
	}
	for _, name := range wanted {
		if _, ok := values[name]; !ok {
			return nil, fmt.Errorf("/%s: no %s in it", path, name)
		}
	}
	return values, nil
}
