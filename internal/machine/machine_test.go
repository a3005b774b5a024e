package machine

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"testing"
	"testing/fstest"
	"time"
)

// tree is a file system with the given texts.
func tree(texts map[string]string) fstest.MapFS {
	files := fstest.MapFS{}
	for path, text := range texts {
		files[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// bare is a machine that tells nothing but what is measured.
func bare() *Machine {
	return &Machine{
		Root:      tree(nil),
		OpenFiles: func() (soft, hard uint64) { return 0, 0 },
		InMemory:  func(string) (bool, error) { return false, errors.New("not known") },
		Replay:    100 * time.Millisecond,
	}
}

func TestWhatIsNotToldIsUnknownForAReason(t *testing.T) {
	t.Parallel()
	m := bare()
	var doing []string
	var checks []Check
	longer(func(replay time.Duration) bool {
		m.Replay, doing = replay, nil
		var err error
		if checks, err = m.Examine(t.Context(), func(name string) { doing = append(doing, name) }); err != nil {
			t.Fatal(err)
		}
		return !slices.ContainsFunc(checks, func(c Check) bool { return c.Figure == errNothing.Error() })
	})
	known := []string{"processors", "clock", "wake-up lateness", "ceiling"}
	reason := regexp.MustCompile(`^/proc/\S+: file does not exist$|^/sys/\S+: file does not exist$|^this system does not tell$|^not known$`)
	var names []string
	for _, c := range checks {
		names = append(names, c.Name)
		switch {
		case slices.Contains(known, c.Name):
			if c.Fact == nil || c.Verdict == Unknown || c.Figure == "" {
				t.Errorf("%s: %+v", c.Name, c)
			}
		case c.Fact != nil || c.Verdict != Unknown || len(c.Troubles) > 0 || !reason.MatchString(c.Figure):
			t.Errorf("%s: %+v", c.Name, c)
		}
	}
	if !slices.Equal(doing, names) || len(names) != len(examinations) {
		t.Errorf("checks %q, told of %q", names, doing)
	}
}

func TestAnExaminationEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"other programs", "wake-up lateness", "ceiling"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			m := bare()
			m.Root = tree(map[string]string{"proc/loadavg": "0.1 0.2 0.3 1/2 3\n", "proc/stat": "cpu 1 2 3 4 5 6 7 8 9 10\n"})
			m.Rest, m.Replay = time.Hour, time.Hour
			if at != "other programs" {
				m.Rest = 0
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if at == "ceiling" {
				m.Replay = 50 * time.Millisecond
			}
			checks, err := m.Examine(ctx, func(name string) {
				if name == at {
					m.Replay = time.Hour
					time.AfterFunc(10*time.Millisecond, cancel)
				}
			})
			if checks != nil || !errors.Is(err, context.Canceled) {
				t.Errorf("%d checks, error %v", len(checks), err)
			}
		})
	}
}

func TestAFileThatCanNotBeReadIsNamedAsPeopleNameIt(t *testing.T) {
	t.Parallel()
	m := &Machine{Root: tree(map[string]string{"proc/words": "one 2", "proc/empty": "\n"})}
	for _, c := range []struct {
		path, want string
	}{
		{"proc/none", "/proc/none: file does not exist"},
		{"proc/words", `/proc/words: "one" is no number`},
		{"proc/empty", `/proc/empty: "" is too short`},
	} {
		_, err := m.number(c.path)
		if err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	if _, err := m.number("proc/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not tell that there is no file", err)
	}
}
