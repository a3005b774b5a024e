package interop

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sessionbench/bench/drivers/drivertest"
)

// readers are HdrHistogram's other implementations: each gives the command that
// reads histograms line by line, its arguments still to come, or skips the test.
var readers = map[string]func(t *testing.T) *exec.Cmd{
	"hdr-histogram-js": javascript,
	"HdrHistogram":     java,
}

// javascript installs the port from npm as locked: three small packages beside
// it, no compiler, and no network when npm has them in its cache.
func javascript(t *testing.T) *exec.Cmd {
	dir := copied(t, "reader.js", "package.json", "package-lock.json", ".npmrc")
	install := exec.Command("npm", "ci", "--prefer-offline", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		drivertest.Missing(t, "node", "install node 20.19 or newer with npm; npm ci: "+err.Error()+"\n"+string(out))
	}
	return exec.Command("node", filepath.Join(dir, "reader.js"))
}

// jar is where Debian's libhdrhistogram-java has the original.
const jar = "/usr/share/java/hdrhistogram.jar"

func java(t *testing.T) *exec.Cmd {
	_, err := exec.LookPath("javac") // a runtime alone starts no program from its source
	if err == nil {
		_, err = os.Stat(jar)
	}
	if err != nil {
		drivertest.Missing(t, "java", "apt-get install default-jdk-headless libhdrhistogram-java: "+err.Error())
	}
	return exec.Command("java", "-cp", jar, filepath.Join(copied(t, "Reader.java"), "Reader.java"))
}

// copied gives a folder with copies of these files. go test sees that they are
// read here, and does not take a result from its cache when one has changed.
func copied(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), content, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// reading is what a reader finds in one histogram.
type reading struct {
	Offset      int64            `json:"offset"` // bytes 8 to 11 of the payload
	Count       uint64           `json:"count"`
	Min         int64            `json:"min"`
	Max         int64            `json:"max"`
	Percentiles map[string]int64 `json:"percentiles"`
}

// read gives a reader all the histograms, which are in base64, and its readings
// in the same order.
func read(t *testing.T, reader *exec.Cmd, percentiles, histograms []string) []reading {
	t.Helper()
	var errors bytes.Buffer
	reader.Args = append(reader.Args, percentiles...)
	reader.Stdin = strings.NewReader(strings.Join(histograms, "\n") + "\n")
	reader.Stderr = &errors
	out, err := reader.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", reader, err, &errors)
	}
	var readings []reading
	for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
		var r reading
		if err := lines.Decode(&r); err != nil {
			t.Fatalf("%s: %v\n%s", reader, err, out)
		}
		readings = append(readings, r)
	}
	if len(readings) != len(histograms) {
		t.Fatalf("%s read %d of %d histograms\n%s", reader, len(readings), len(histograms), &errors)
	}
	return readings
}
