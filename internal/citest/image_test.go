package citest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sessionbench/bench/drivers/drivertest"
)

// docker runs the docker command, and gives what it says on standard output.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("docker", args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s%s", strings.Join(args, " "), err, out, errs.String())
	}
	return string(out)
}

// The image is made of a binary that is built here, as its Dockerfile says, so that no
// registry is asked.
func TestTheImageRunsAsNobodyAndKeepsItsResultsInWork(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("docker", "version").CombinedOutput(); err != nil {
		drivertest.Missing(t, "docker", fmt.Sprintf("%v: %s", err, out))
	}
	context := t.TempDir()
	for _, dir := range []string{"image/tmp", "image/work", "image/usr/local/bin"} {
		path := filepath.Join(context, dir)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"image/tmp", "image/work"} { // as install -d -m 1777 makes them
		if err := os.Chmod(filepath.Join(context, dir), 0o777|os.ModeSticky); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(context, "image/usr/local/bin/bench"), ".")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build bench: %v\n%s", err, out)
	}
	image := fmt.Sprintf("sessionbench-test/bench:%d", os.Getpid())
	docker(t, "build", "--target=prebuilt", "--tag="+image, "--file="+filepath.Join(root, "Dockerfile"), context)
	t.Cleanup(func() { exec.Command("docker", "rmi", image).Run() })

	if user := docker(t, "inspect", "--format={{.Config.User}}", image); user != "65532:65532\n" {
		t.Errorf("it runs as %q", user)
	}
	if said := docker(t, "run", "--rm", image, "version"); !strings.HasPrefix(said, "bench ") {
		t.Errorf("bench version says %q", said)
	}
	run := []string{"--store=memory,file,sqlite", "--duration=1s", "--warmup=0s", "--sessions=100", "--workers=4", "--no-progress"}
	docker(t, append([]string{"run", "--rm", image}, run...)...) // nothing is mounted, and /tmp is its own

	here := t.TempDir()
	user := fmt.Sprintf("--user=%d:%d", os.Getuid(), os.Getgid())
	docker(t, append([]string{"run", "--rm", user, "--volume=" + here + ":/work", image}, run...)...)
	if found, err := filepath.Glob(filepath.Join(here, "results", "*.json")); err != nil || len(found) != 3 {
		t.Errorf("%d results in the mounted folder: %v", len(found), err)
	}
}

// Both ways of making the image end in the same one.
func TestTheImagesOfBothWaysAreAlike(t *testing.T) {
	t.Parallel()
	var stages []string
	for _, stage := range strings.Split(text(t, "Dockerfile"), "\nFROM ")[1:] {
		from, rest, _ := strings.Cut(stage, "\n")
		if strings.HasPrefix(from, "scratch") {
			_, settings, _ := strings.Cut(rest, "\n") // below COPY
			stages = append(stages, strings.TrimSpace(settings))
		}
	}
	if len(stages) != 2 || stages[0] != stages[1] || !strings.Contains(stages[0], "USER 65532") {
		t.Errorf("the final stages are %q", stages)
	}
}
