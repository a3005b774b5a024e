package drivertest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A Disk is a file system of a test's own, in memory.
type Disk struct{ Folder string }

// NewDisk mounts one of so many bytes, which only root may; the test's end takes
// it away.
func NewDisk(t testing.TB, bytes int) Disk {
	t.Helper()
	d := Disk{t.TempDir()}
	if os.Getuid() != 0 {
		Missing(t, "root", "run the tests as root, who may mount a small disk")
	}
	d.mount(t, "-t", "tmpfs", "-o", fmt.Sprintf("size=%d", bytes), "none")
	t.Cleanup(func() {
		if said, err := exec.Command("umount", d.Folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, said)
		}
	})
	return d
}

func (d Disk) mount(t testing.TB, how ...string) {
	t.Helper()
	said, err := exec.Command("mount", append(how, d.Folder)...).CombinedOutput()
	if err != nil {
		t.Fatalf("mount: %v: %s", err, said)
	}
}

// ReadOnly lets nothing be written any more; no file may be open for writing.
func (d Disk) ReadOnly(t testing.TB) { d.mount(t, "-o", "remount,ro") }

// ReadWrite ends ReadOnly.
func (d Disk) ReadWrite(t testing.TB) { d.mount(t, "-o", "remount,rw") }

// Fill leaves no free byte.
func (d Disk) Fill(t testing.TB) {
	t.Helper()
	f, err := os.Create(d.filler())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill the disk: %v", err)
	}
}

// Empty ends Fill.
func (d Disk) Empty(t testing.TB) {
	t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		t.Fatal(err)
	}
}

func (d Disk) filler() string { return filepath.Join(d.Folder, "filler") }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
