package citest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runner is a machine of GitHub's as the action's scripts see it, with a bench and a gh
// that do what they are told and note what they were asked.
type runner struct {
	t   *testing.T
	dir string
	env map[string]string
}

const fakeBench = `#!/bin/sh
printf '%s\n' "$@" >"$FAKE/bench.args"
for a in "$@"; do
	case $a in --output=*) [ -z "$BENCH_MARKDOWN" ] || printf '%s\n' "$BENCH_MARKDOWN" >"${a#--output=}" ;; esac
done
printf '%s\n' "$BENCH_TABLE"
printf '%s\n' "$BENCH_MESSAGES" >&2
if [ -n "$BENCH_WAITS" ]; then
	trap 'echo ended >"$FAKE/bench.ended"; exit 130' TERM
	: >"$FAKE/bench.waits"
	while :; do sleep 0.05; done
fi
exit "$BENCH_STATUS"
`

const fakeGH = `#!/bin/sh
printf '%s\n' "$*" >>"$FAKE/gh.calls"
case "$*" in *"$GH_FAILS_ON"*) echo "$GH_ERROR" >&2; exit 1 ;; esac
previous=
for a in "$@"; do
	case $a in body=@*) cp "${a#body=@}" "$FAKE/gh.body" ;; esac
	[ "$previous" != --jq ] || query=$a
	previous=$a
done
case "$*" in
*--method*) echo https://github.com/shop/web/pull/7#issuecomment-1 ;;
*)
	printf '%s' "$query" >"$FAKE/gh.jq"
	cat "$FAKE/comments"
	;;
esac
`

func newRunner(t *testing.T) *runner {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash here: the action's scripts are for it")
	}
	r := &runner{t: t, dir: t.TempDir()}
	r.write("bin/bench", fakeBench, 0o755)
	r.write("bin/gh", fakeGH, 0o755)
	r.write("comments", "", 0o644)
	r.env = map[string]string{
		"FAKE": r.dir, "PATH": r.path("bin") + ":" + os.Getenv("PATH"), "HOME": r.dir, "RUNNER_TEMP": r.dir,
		"GITHUB_OUTPUT": r.path("output"), "GITHUB_STEP_SUMMARY": r.path("summary"), "GITHUB_PATH": r.path("path"),
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "shop/web", "GITHUB_RUN_ID": "42",
		"GITHUB_WORKFLOW": "checks", "GITHUB_JOB": "gate",
		"BENCH_STATUS": "0", "BENCH_TABLE": "gate: PASS  redis:8 is not worse than redis:7.4      12 units of 1 s",
		"BENCH_MARKDOWN": "<!-- bench-gate: checks / gate -->\n### gate: PASS", "BENCH_MESSAGES": "bench: wrote it", "BENCH_WAITS": "",
		"GATE_CANDIDATE": "redis:8", "GATE_BASELINE": "redis:7.4",
		"GH_TOKEN": "token", "GH_FAILS_ON": "nothing", "GH_ERROR": "", "GATE_FILE": r.path("verdict.md"),
		"GATE_PULL_REQUEST": "7", "GATE_COMMENT_AUTHOR": "github-actions[bot]",
	}
	return r
}

func (r *runner) path(name string) string { return filepath.Join(r.dir, name) }

func (r *runner) write(name, text string, mode os.FileMode) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), []byte(text), mode); err != nil {
		r.t.Fatal(err)
	}
}

// read gives a file's text, empty when there is none.
func (r *runner) read(name string) string {
	b, err := os.ReadFile(r.path(name))
	if err != nil && !os.IsNotExist(err) {
		r.t.Fatal(err)
	}
	return string(b)
}

// command is a script of the action, to be run in the runner's folder.
func (r *runner) command(script string, args ...string) *exec.Cmd {
	r.t.Helper()
	path, err := filepath.Abs(filepath.Join(root, ".github/gate", script))
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = r.dir
	for _, name := range slices.Sorted(maps.Keys(r.env)) {
		cmd.Env = append(cmd.Env, name+"="+r.env[name])
	}
	return cmd
}

// run gives what a script said, and its exit status.
func (r *runner) run(script string, args ...string) (said string, status int) {
	r.t.Helper()
	cmd := r.command(script, args...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		r.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// output is what the action's step gives on.
func (r *runner) output() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(r.read("output")) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		all[name] = value
	}
	return all
}

func (r *runner) wants(where, text string, parts ...string) {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			r.t.Errorf("%s has no %q:\n%s", where, part, text)
		}
	}
}

func TestTheExitStatusIsThatOfTheGate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bench, want  int
		strict       bool
		verdict      string
		says, writes string
	}{
		{bench: 0, want: 0, verdict: "pass"},
		{bench: 1, want: 1, verdict: "fail", says: "::error title=bench gate::FAIL: redis:8 is slower than redis:7.4; 100 %25 sure"},
		{bench: 2, want: 2, verdict: "unusable", says: "::error title=bench gate::bench: no such thing", writes: "What was asked can't be run"},
		{bench: 3, want: 3, verdict: "unavailable", says: "::error title=bench gate::bench: no such thing", writes: "A target could not be provided"},
		{bench: 4, want: 0, verdict: "inconclusive", says: "::warning title=bench gate::CAN'T TELL: whether"},
		{bench: 4, want: 4, strict: true, verdict: "inconclusive", says: "::error title=bench gate::CAN'T TELL: whether"},
		{bench: 130, want: 130, verdict: "interrupted", says: "::error", writes: "interrupted"},
		{bench: 70, want: 70, verdict: "broken", says: "::error", writes: "exit status 70"},
	} {
		t.Run(fmt.Sprint(c.bench, c.strict), func(t *testing.T) {
			t.Parallel()
			r := newRunner(t)
			r.env["BENCH_STATUS"] = fmt.Sprint(c.bench)
			r.env["GATE_FAIL_ON_INCONCLUSIVE"] = fmt.Sprint(c.strict)
			r.env["GATE_COMMIT"] = "abc1234"
			switch c.bench {
			case 1:
				r.env["BENCH_TABLE"] = "gate: FAIL  redis:8 is slower than redis:7.4   100 % sure"
			case 4:
				r.env["BENCH_TABLE"] = "gate: CAN'T TELL  whether redis:8 is worse than redis:7.4"
			}
			if c.writes != "" {
				r.env["BENCH_TABLE"], r.env["BENCH_MARKDOWN"] = "", ""
				r.env["BENCH_MESSAGES"] = "bench: begins\nbench: no such thing"
			}
			said, status := r.run("run.sh")
			if status != c.want {
				t.Errorf("exit status %d, want %d:\n%s", status, c.want, said)
			}
			r.wants("the log", said, c.says, r.env["BENCH_TABLE"], r.env["BENCH_MESSAGES"])
			if c.bench == 0 && strings.Contains(said, "::") {
				t.Errorf("a pass is annotated:\n%s", said)
			}
			o := r.output()
			if o["status"] != fmt.Sprint(c.bench) || o["verdict"] != c.verdict {
				t.Errorf("outputs %v", o)
			}
			file, err := os.ReadFile(o["file"])
			if err != nil {
				t.Fatal(err)
			}
			if r.read("summary") != string(file) {
				t.Errorf("the summary is not the file:\n%s", r.read("summary"))
			}
			r.wants("the verdict", string(file), "<!-- bench-gate: checks / gate -->\n", c.writes, "abc1234", "https://github.com/shop/web/actions/runs/42")
			if c.writes != "" {
				r.wants("the verdict", string(file), "    bench: no such thing")
			}
		})
	}
}

func TestTheGateIsAskedWhatTheInputsSay(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	maps.Copy(r.env, map[string]string{
		"GATE_BASELINE": "a.json\n  the baseline.json \r\n\nc.json\n", "GATE_CANDIDATE": "new result.json",
		"GATE_BASELINE_DIR": "base lines", "GATE_MAX_REGRESSION": "p50=10%,throughput=5%",
		"GATE_OBJECTIVE": "p99=20ms\nerrors=0.1%", "GATE_BUDGET": "60s", "GATE_LABEL": `it's a "gate" $HOME *`,
		"GATE_ARGS": "--scenario='my web.yaml' --workers=32\n  --set \"redis.prefix=a b\" --tag=x=it\\'s '--tag=y=$(touch bad)' '*' \"\"\n",
	})
	if said, status := r.run("run.sh"); status != 0 {
		t.Fatalf("exit status %d:\n%s", status, said)
	}
	got := strings.Split(strings.TrimSuffix(r.read("bench.args"), "\n"), "\n")
	want := []string{
		"gate", "--format=github", "--output=" + r.output()["file"], `--label=it's a "gate" $HOME *`,
		"--baseline=a.json", "--baseline=the baseline.json", "--baseline=c.json",
		"--baseline=base lines", "--save-baseline=base lines", "--max-regression=p50=10%,throughput=5%",
		"--objective=p99=20ms", "--objective=errors=0.1%", "--budget=60s",
		"--scenario=my web.yaml", "--workers=32", "--set", "redis.prefix=a b", "--tag=x=it's", "--tag=y=$(touch bad)", "*", "",
		"--", "new result.json",
	}
	if !slices.Equal(got, want) {
		t.Errorf("bench got\n%q, want\n%q", got, want)
	}
	if r.read("bad") != "" {
		t.Error("an argument was run")
	}
}

func TestInputsThatAreNoCommandLineAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ input, value, says string }{
		"a quote that does not end":   {"GATE_ARGS", "--label='oops", "input args: "},
		"a folder without a result":   {"GATE_CANDIDATE", "none", "input candidate: none has 0 results"},
		"a folder of several results": {"GATE_CANDIDATE", "several", "input candidate: several has 2 results"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t)
			r.write("none/readme.txt", "", 0o644)
			r.write("several/a.json", "", 0o644)
			r.write("several/b.json", "", 0o644)
			r.env[c.input] = c.value
			said, status := r.run("run.sh")
			r.wants("the log", said, "::error title=bench gate::"+c.says)
			r.wants("the summary", r.read("summary"), "<!-- bench-gate: checks / gate -->", c.says)
			if status != 2 || r.output()["verdict"] != "unusable" || r.read("bench.args") != "" {
				t.Errorf("exit status %d, outputs %v", status, r.output())
			}
		})
	}
}

func TestAFolderWithOneResultIsThatResult(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.write("candidate of today/20261125-redis.json", "", 0o644)
	r.env["GATE_CANDIDATE"] = "candidate of today"
	if said, status := r.run("run.sh"); status != 0 {
		t.Fatalf("exit status %d:\n%s", status, said)
	}
	r.wants("the command", r.read("bench.args"), "\ncandidate of today/20261125-redis.json\n")
}

// A label may be anything; what stands for a verdict that bench did not write has the
// same mark as one that it did.
func TestTheMarkOfNoVerdictIsThatOfAVerdict(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.env["BENCH_MARKDOWN"], r.env["BENCH_STATUS"], r.env["GATE_LABEL"] = "", "3", "redis 7.4 --> 8 <!>"
	r.run("run.sh")
	r.wants("the summary", r.read("summary"), "<!-- bench-gate: redis 7.4 ___ 8 ___ -->\n")
}

func TestAJobThatIsCancelledEndsTheGate(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		r := newRunner(t)
		r.env["BENCH_WAITS"] = "yes"
		cmd := r.command("run.sh")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(r.path("bench.waits")); err == nil {
				break
			}
			if time.Now().After(deadline) {
				cmd.Process.Kill()
				t.Fatal("bench was not run")
			}
		}
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != 130 || r.read("bench.ended") == "" {
			t.Errorf("%v: exit status %d, bench ended: %q", s, got, r.read("bench.ended"))
		}
	}
}

const verdict = "<!-- bench-gate: checks / gate -->\n### gate: FAIL\n"

func TestACommentIsWrittenOrReplaced(t *testing.T) {
	t.Parallel()
	const mark = "\t<!-- bench-gate: checks / gate -->\n"
	for name, c := range map[string]struct{ there, want string }{
		"no comment yet":           {"", "POST repos/shop/web/issues/7/comments"},
		"one of this gate":         {"11\tann\thello\n12\tgithub-actions[bot]" + mark, "PATCH repos/shop/web/issues/comments/12"},
		"one of another gate":      {"12\tgithub-actions[bot]\t<!-- bench-gate: other -->\n", "POST "},
		"one that somebody copied": {"12\tmallory" + mark, "POST "},
		"one without text":         {"12\tgithub-actions[bot]\t\n", "POST "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t)
			r.write("verdict.md", verdict, 0o644)
			r.write("comments", c.there, 0o644)
			said, status := r.run("comment.sh")
			if status != 0 || r.read("gh.body") != verdict {
				t.Errorf("exit status %d, body %q:\n%s", status, r.read("gh.body"), said)
			}
			r.wants("gh", r.read("gh.calls"), "api --paginate repos/shop/web/issues/7/comments?per_page=100", "\napi --method "+c.want)
			if calls := strings.Count(r.read("gh.calls"), "--method"); calls != 1 {
				t.Errorf("%d comments written", calls)
			}
		})
	}
}

// What finds the comment is tried on what GitHub answers, where there is a jq.
func TestTheCommentIsFoundInWhatGitHubAnswers(t *testing.T) {
	t.Parallel()
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("no jq here: apt-get install jq")
	}
	r := newRunner(t)
	marked := `<!-- bench-gate: a\b	c -->`
	r.write("verdict.md", strings.ReplaceAll(marked, "\t", " ")+"\nnew\n", 0o644)
	r.run("comment.sh")
	answer, err := json.Marshal([]map[string]any{
		{"id": 1, "user": map[string]any{"login": "ann"}, "body": "hello\nworld"},
		{"id": 2, "user": nil, "body": nil},
		{"id": 3, "user": map[string]any{"login": "ann"}, "body": ""},
		{"id": 4, "user": map[string]any{"login": "github-actions[bot]"}, "body": strings.ReplaceAll(marked, "\t", " ") + "\r\nold\tverdict"},
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(jq, "-r", r.read("gh.jq"))
	cmd.Stdin = strings.NewReader(string(answer))
	lines, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, lines)
	}
	r.write("comments", string(lines), 0o644)
	r.run("comment.sh")
	r.wants("gh", r.read("gh.calls"), "api --method PATCH repos/shop/web/issues/comments/4 ")
}

func TestWhoMayNotCommentFailsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ on, err, says string }{
		"a fork's token":         {"--method POST", "gh: Resource not accessible by integration (HTTP 403)", "::notice title=bench gate::"},
		"a token without rights": {"--paginate", "gh: Not Found (HTTP 404)", "::notice title=bench gate::"},
		"no network":             {"--paginate", "error connecting to api.github.com", "::warning title=bench gate::"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t)
			r.write("verdict.md", verdict, 0o644)
			r.env["GH_FAILS_ON"], r.env["GH_ERROR"] = c.on, c.err
			said, status := r.run("comment.sh")
			r.wants("the log", said, c.says, "The verdict is in the job summary")
			if status != 0 {
				t.Errorf("exit status %d:\n%s", status, said)
			}
		})
	}
}

func TestWithoutAPullRequestThereIsNoComment(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.env["GATE_PULL_REQUEST"] = ""
	said, status := r.run("comment.sh")
	if status != 0 || r.read("gh.calls") != "" {
		t.Errorf("exit status %d, gh was asked %q:\n%s", status, r.read("gh.calls"), said)
	}
}

func TestALongVerdictIsCutToWhatACommentHolds(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.write("verdict.md", verdict+"<details><summary>The arithmetic</summary>\n\n"+strings.Repeat("    d = +0.01\n", 10_000)+"\n</details>\n", 0o644)
	if said, status := r.run("comment.sh"); status != 0 {
		t.Fatalf("exit status %d:\n%s", status, said)
	}
	body := r.read("gh.body")
	if len(body) > 65_000 || !strings.HasPrefix(body, verdict) || !strings.HasSuffix(body, "d = +0.01\n\n</details>\n\nCut here; the job summary has the rest.\n") {
		t.Errorf("%d bytes, which end %q", len(body), body[len(body)-100:])
	}
}

func TestBenchIsBuiltOnceAVersion(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.write("source/go.mod", "module example.com/bench\n\ngo 1.26.0\n", 0o644)
	r.write("source/main.go", "package main\n", 0o644)
	r.write("bin/go", "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$FAKE/go.calls\"\nmkdir -p \"${6%/*}\" && cp \"$FAKE/bin/bench\" \"$6\"\n", 0o755)
	digest := func() string {
		if said, status := r.run("digest.sh", r.path("source")); status != 0 {
			t.Fatalf("exit status %d:\n%s", status, said)
		}
		o := r.output()
		if o["go"] != "1.26.0" || len(o["digest"]) != 40 {
			t.Errorf("outputs %v", o)
		}
		return o["digest"]
	}
	first := digest()
	if again := digest(); again != first {
		t.Errorf("two digests of one source: %s and %s", first, again)
	}
	r.write("source/.git/HEAD", "ref", 0o644)
	if same := digest(); same != first {
		t.Error("the digest depends on .git")
	}
	r.write("source/main.go", "package main // changed\n", 0o644)
	if changed := digest(); changed == first {
		t.Error("a change of the source keeps the digest")
	}
	for range 2 { // the second time as out of the cache
		if said, status := r.run("install.sh", r.path("source")); status != 0 {
			t.Fatalf("exit status %d:\n%s", status, said)
		}
	}
	if want := "build -C " + r.path("source") + " -trimpath -o " + r.path("bench-gate/bin/bench") + " .\n"; r.read("go.calls") != want {
		t.Errorf("go was asked %q, want %q", r.read("go.calls"), want)
	}
	r.wants("the path", r.read("path"), r.path("bench-gate/bin")+"\n")
}
