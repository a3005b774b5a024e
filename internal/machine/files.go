package machine

import (
	"context"
	"errors"
	"fmt"
)

// OpenFiles are the limits of this process's file descriptors.
type OpenFiles struct {
	Soft uint64 `json:"soft"` // that holds
	Hard uint64 `json:"hard"` // that the soft one may be raised to
}

func (m *Machine) openFiles(context.Context) (Fact, error) {
	soft, hard := m.OpenFiles()
	if soft == 0 {
		return nil, errors.New("this system does not tell")
	}
	return OpenFiles{soft, hard}, nil
}

// Figure implements Fact.
func (o OpenFiles) Figure() string {
	if o.Hard > o.Soft {
		return fmt.Sprintf("%d, may be raised to %d", o.Soft, o.Hard)
	}
	return fmt.Sprint(o.Soft)
}

// The scenarios' 64 workers and the largest pool, MongoDB's of 100, need the
// fewer; the 2000 workers of fd-pressure the more.
const fewFiles, enoughFiles = 256, 4096

// Troubles implements Fact.
func (o OpenFiles) Troubles() []Trouble {
	cure := "ulimit -n raises that as far as the hard limit"
	if o.Hard <= o.Soft {
		cure = "raise the hard limit (limits.conf, LimitNOFILE=, docker run --ulimit nofile=)"
	}
	return graded(float64(o.Soft), fewFiles, enoughFiles, fmt.Sprintf(
		"bench may have %d files open: a run with more requests at once, a file or a connection each, meets that limit and not the store's; %s", o.Soft, cure))
}

// Folder is the temporary folder, where the stores that bench provides keep their
// files.
type Folder struct {
	Path     string `json:"path"`
	InMemory bool   `json:"in_memory"` // there is no disk below
}

func (m *Machine) temporaryFolder(context.Context) (Fact, error) {
	inMemory, err := m.InMemory(m.Temporary)
	if err != nil {
		return nil, err
	}
	return Folder{m.Temporary, inMemory}, nil
}

// Figure implements Fact.
func (f Folder) Figure() string {
	if f.InMemory {
		return "in memory (tmpfs)"
	}
	return "on a disk"
}

// Troubles implements Fact.
func (f Folder) Troubles() []Trouble {
	if !f.InMemory {
		return nil
	}
	return []Trouble{{Distorts, "the temporary folder is in memory, where a flush to the disk costs nothing: file, sqlite and a provided postgres look quicker than they are; set TMPDIR to a folder on a disk"}}
}
