//go:build unix

package smallfile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// long is far more than a test takes that fails for another reason.
const long = time.Minute

func TestAFileIsReadWholeUpToItsLimit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := read(path, 5, long); err != nil || string(text) != "12345" {
		t.Errorf("%q, %v", text, err)
	}
	if text, err := read(path, 4, long); !errors.Is(err, ErrTooLarge) || text != nil {
		t.Errorf("one byte too many: %q, %v", text, err)
	}
}

func TestWhatIsNoFileIsRefusedByItsName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir:                                 "is a directory",
		filepath.Join(dir, "none"):          "no such file",
		filepath.Join(dir, "a\x00b"):        "invalid argument",
		strings.Repeat("x", 10_000):         "name too long",
		filepath.Join(dir, "none", "below"): "no such file",
	} {
		if _, err := read(path, 10, long); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v; want %q and the name", path, err, want)
		}
	}
}

func TestOfALargeFileNothingIsRead(t *testing.T) { // not parallel, for it counts memory
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 2<<30); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := read(path, 64<<20, long)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, ErrTooLarge) || used > 1<<20 {
		t.Errorf("%v, with %d bytes of memory", err, used)
	}
}

func TestADeviceWithoutAnEndIsTooLarge(t *testing.T) {
	t.Parallel()
	if _, err := read("/dev/zero", 1<<20, long); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestAPipeIsReadAsSoonAsSomebodyWrites(t *testing.T) {
	t.Parallel()
	path := pipe(t)
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(path, []byte("late"), 0) }()
	if text, err := read(path, 10, long); err != nil || string(text) != "late" {
		t.Errorf("%q, %v", text, err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

func TestAPipeThatNobodyWritesToIsGivenUp(t *testing.T) {
	t.Parallel()
	path := pipe(t)
	_, err := read(path, 10, time.Millisecond)
	if err == nil || err.Error() != "read "+path+": its end did not come within 1ms" {
		t.Error(err)
	}
	// Lets the reader that was left behind go.
	if err := os.WriteFile(path, nil, 0); err != nil {
		t.Error(err)
	}
}

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
