package citest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const root = "../.."

// action is what is read of action.yml.
type action struct {
	Name        string
	Description string
	Inputs      map[string]struct{ Description, Default string }
	Outputs     map[string]struct{ Description, Value string }
	Runs        struct {
		Using string
		Steps []step
	}
}

type step struct {
	ID, Name, If, Uses, Shell, Run string
	With, Env                      map[string]any
}

// workflow is what is read of a GitHub workflow.
type workflow struct {
	Jobs map[string]struct {
		RunsOn   string `yaml:"runs-on"`
		Strategy struct {
			Matrix struct{ Include []map[string]string }
		}
		Steps []step
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parse[T any](t *testing.T, path string) (v T) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text(t, path)), &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// uses finds what is named in expressions, such as "inputs.budget".
func uses(text, of string) (names []string) {
	for _, m := range regexp.MustCompile(`\b`+regexp.QuoteMeta(of)+`\.([\w-]+)`).FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

func TestTheActionUsesWhatItDeclares(t *testing.T) {
	t.Parallel()
	a := parse[action](t, "action.yml")
	all := text(t, "action.yml")
	if a.Runs.Using != "composite" || a.Name == "" || a.Description == "" {
		t.Errorf("a composite action needs a name and a description: %+v", a)
	}
	used := uses(all, "inputs")
	for _, name := range used {
		if _, ok := a.Inputs[name]; !ok {
			t.Errorf("input %s is used and not declared", name)
		}
	}
	for name, in := range a.Inputs {
		if !slices.Contains(used, name) {
			t.Errorf("input %s is declared and not used", name)
		}
		if in.Description == "" {
			t.Errorf("input %s has no description", name)
		}
	}
	ids := map[string]bool{}
	for _, s := range a.Runs.Steps {
		ids[s.ID] = true
		if s.Run != "" && s.Shell == "" {
			t.Errorf("step %q has no shell, which a composite action's need", s.Run)
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %q has an expression in its shell: an input could be code there", s.Run)
		}
	}
	for _, id := range uses(all, "steps") {
		if !ids[id] {
			t.Errorf("steps.%s is used, and no step has that id", id)
		}
	}
	for name, out := range a.Outputs {
		if out.Description == "" || !strings.Contains(text(t, ".github/gate/run.sh"), name+"=") {
			t.Errorf("output %s has no description, or run.sh does not write it", name)
		}
	}
}

func TestTheActionsScriptsAreThereAndTakeItsVariables(t *testing.T) {
	t.Parallel()
	path := regexp.MustCompile(`\$GITHUB_ACTION_PATH/(\S+\.sh)`)
	found := 0
	for _, s := range parse[action](t, "action.yml").Runs.Steps {
		for _, m := range path.FindAllStringSubmatch(s.Run, -1) {
			found++
			info, err := os.Stat(filepath.Join(root, m[1]))
			if err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s can't be run: %v", m[1], err)
				continue
			}
			script := text(t, m[1])
			for name := range s.Env {
				if !strings.Contains(script, name) {
					t.Errorf("%s does not use %s, which the action gives it", m[1], name)
				}
			}
			for _, name := range regexp.MustCompile(`\bGATE_[A-Z_]+`).FindAllString(script, -1) {
				if _, ok := s.Env[name]; !ok {
					t.Errorf("%s uses %s, which the action does not give it", m[1], name)
				}
			}
		}
	}
	if found != 4 {
		t.Errorf("%d scripts are run, want 4", found)
	}
}

// gates are the uses of the action in a workflow, with its matrix put in.
func gates(t *testing.T, path string) (all []map[string]string) {
	t.Helper()
	for name, job := range parse[workflow](t, path).Jobs {
		rows := job.Strategy.Matrix.Include
		if len(rows) == 0 {
			rows = []map[string]string{{}}
		}
		for _, s := range job.Steps {
			if !strings.HasPrefix(s.Uses, "sessionbench/bench@") {
				continue
			}
			for _, row := range rows {
				with := map[string]string{}
				for key, value := range s.With {
					with[key] = regexp.MustCompile(`\$\{\{ *matrix\.([\w-]+) *\}\}`).ReplaceAllStringFunc(value.(string), func(use string) string {
						of := row[uses(use, "matrix")[0]]
						if of == "" {
							t.Errorf("%s: job %s: the matrix has no %s", path, name, use)
						}
						return of
					})
				}
				all = append(all, with)
			}
		}
	}
	if len(all) == 0 {
		t.Errorf("%s does not use the action", path)
	}
	return all
}

func TestTheExampleWorkflowGivesTheActionWhatItTakes(t *testing.T) {
	t.Parallel()
	inputs := parse[action](t, "action.yml").Inputs
	labels := map[string]bool{}
	for _, with := range gates(t, "docs/ci/github.yml") {
		for key := range with {
			if _, ok := inputs[key]; !ok {
				t.Errorf("the action has no input %s", key)
			}
		}
		if with["candidate"] == "" {
			continue
		}
		if labels[with["label"]] {
			t.Errorf("two gates have the label %q: one's comment would replace the other's", with["label"])
		}
		labels[with["label"]] = true
	}
}

// A job of GitLab's template that extends another must find it there.
func TestTheGitLabTemplateIsWhole(t *testing.T) {
	t.Parallel()
	type job struct {
		Extends   string
		Script    []string
		Variables map[string]any
		Artifacts struct{ Reports map[string]string }
		Allow     struct {
			ExitCodes []int `yaml:"exit_codes"`
		} `yaml:"allow_failure"`
	}
	jobs := parse[map[string]job](t, "docs/ci/gitlab.yml")
	for name, j := range jobs {
		if !strings.HasPrefix(name, ".") {
			t.Errorf("%s would run wherever the template is included", name)
		}
		base, ok := jobs[j.Extends]
		if j.Extends == "" {
			base, ok = j, true
		}
		if !ok {
			t.Errorf("%s extends %s, which is not there", name, j.Extends)
		}
		report := base.Artifacts.Reports["junit"]
		if report == "" || !slices.Equal(base.Allow.ExitCodes, []int{4}) {
			t.Errorf("%s: artefacts %v, allowed %v", name, base.Artifacts, base.Allow)
		}
		script := strings.Join(j.Script, "\n")
		if len(j.Script) > 0 && !strings.Contains(script, "--output="+report) {
			t.Errorf("%s does not write %s", name, report)
		}
		for _, use := range regexp.MustCompile(`\$(BENCH_\w+)`).FindAllStringSubmatch(script, -1) {
			if j.Variables[use[1]] == nil && base.Variables[use[1]] == nil {
				t.Errorf("%s: %s has no value", name, use[1])
			}
		}
	}
}
