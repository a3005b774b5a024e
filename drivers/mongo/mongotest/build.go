package mongotest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// built gives the server's binary, which is kept in the user's cache folder
// under the hash of its sources, and builds it when it is not there.
var built = sync.OnceValues(func() (string, error) {
	sources, err := sources()
	if err != nil {
		return "", err
	}
	key, err := hash(sources)
	if err != nil {
		return "", fmt.Errorf("read the test server's sources: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a cache folder, or set %s: %w", Binary, err)
	}
	dir := filepath.Join(cache, "bench-testserver", key)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make a cache folder, or set %s: %w", Binary, err)
	}
	binary := filepath.Join(dir, "testserver")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	return binary, build(sources, binary)
})

// sources is the folder of the server's module.
func sources() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/sessionbench/bench").Output()
	if err != nil {
		return "", fmt.Errorf("find the test server's sources, or set %s: go list: %w", Binary, err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "drivers", "mongo", "testserver"), nil
}

func hash(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	files = append(files, filepath.Join(dir, "go.mod"), filepath.Join(dir, "go.sum"))
	slices.Sort(files)
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, filepath.Base(f), len(content))
		h.Write(content)
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// build makes the binary unless it is there. Tests of several packages may want
// it at once: one builds, the others wait for its lock.
func build(sources, binary string) error {
	unlock, err := lockedfile.MutexAt(binary + ".lock").Lock()
	if err != nil {
		return fmt.Errorf("lock %s: %w", binary, err)
	}
	defer unlock()
	if _, err := os.Stat(binary); err == nil {
		return nil
	}
	part := binary + ".part"
	cmd := exec.Command("go", "build", "-p", "2", "-o", part, ".")
	cmd.Dir = sources
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the test server in %s, or set %s: go build: %w\n%s", sources, Binary, err, out)
	}
	return os.Rename(part, binary)
}
