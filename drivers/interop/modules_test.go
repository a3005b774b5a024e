package interop

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/sessionbench/bench/drivers/drivertest"
)

// modulesVariable names a node_modules folder that install.sh filled.
const modulesVariable = "BENCH_INTEROP_MODULES"

// modules is the folder of the app's packages; without them the test is skipped.
func modules(t testing.TB) string {
	t.Helper()
	dir, err := installed()
	if err != nil {
		drivertest.Missing(t, "node", err.Error())
	}
	return dir
}

// installed gives the packages, which are kept in the user's cache folder under
// the hash of what decides them, and installs them when they are not there.
var installed = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv(modulesVariable); dir != "" {
		return filepath.Abs(dir)
	}
	version, err := exec.Command("node", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("install node 20.19 or newer with npm: %w", err)
	}
	key, err := hash(string(version), "install.sh", "app/.npmrc", "app/package.json", "app/package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a cache folder, or set %s: %w", modulesVariable, err)
	}
	dir := filepath.Join(cache, "bench-interop", key)
	return filepath.Join(dir, "node_modules"), install(dir)
})

func hash(version string, files ...string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, version, runtime.GOOS, runtime.GOARCH)
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, f, len(content))
		h.Write(content)
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// install fills a folder unless it is there. Two test processes may want it at
// once: one installs, the other waits for its lock.
func install(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("make a cache folder, or set %s: %w", modulesVariable, err)
	}
	unlock, err := lockedfile.MutexAt(dir + ".lock").Lock()
	if err != nil {
		return fmt.Errorf("lock %s: %w", dir, err)
	}
	defer unlock()
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	part := dir + ".part"
	if out, err := exec.Command("bash", "install.sh", part).CombinedOutput(); err != nil {
		return fmt.Errorf("bash drivers/interop/install.sh DIR, then set %s to DIR/node_modules: %w\n%s", modulesVariable, err, strings.TrimSpace(string(out)))
	}
	return os.Rename(part, dir)
}
