package cli

import (
	"strings"
	"testing"

	"github.com/sessionbench/bench/internal/machine"
)

// What distorts comes before what may, whatever the order of the checks; nothing
// is wider than a terminal.
func TestChecksArePrintedForPeople(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("all too long ", 8)
	look := machine.Trouble{Verdict: machine.Look, Text: "a look at it is advised; " + long + "to be read"}
	harm := machine.Trouble{Verdict: machine.Distorts, Text: "it does harm; " + long + "to be read"}
	for name, c := range map[string]struct {
		checks []machine.Check
		want   string
	}{
		"nothing": {
			[]machine.Check{{Name: "clock", Figure: "25ns", Verdict: machine.OK}, {Name: "CPU quota", Figure: "none", Verdict: machine.OK}},
			`
clock      25ns  ok
CPU quota  none  ok

nothing found that will distort a run here
`,
		},
		"what may": {
			[]machine.Check{{Name: "clock", Figure: long, Verdict: machine.Unknown}, {Name: "µ", Figure: "25µs", Verdict: machine.Look, Troubles: []machine.Trouble{look}}},
			`
clock  all too long all too long all too long all too   unknown
       long all too long all too long all too long all
       too long
µ      25µs                                             look

nothing found that will distort a run here

what may:
~ a look at it is advised; all too long all too long all too long all too long
  all too long all too long all too long all too long to be read
`,
		},
		"what does": {
			[]machine.Check{{Name: "clock", Figure: "1ms", Verdict: machine.Distorts, Troubles: []machine.Trouble{look, harm}}, {Name: "memory", Figure: "none", Verdict: machine.Distorts, Troubles: []machine.Trouble{harm}}},
			`
clock   1ms   distorts
memory  none  distorts

what will distort a run here:
! it does harm; all too long all too long all too long all too long all too long
  all too long all too long all too long to be read
! it does harm; all too long all too long all too long all too long all too long
  all too long all too long all too long to be read

what may:
~ a look at it is advised; all too long all too long all too long all too long
  all too long all too long all too long all too long to be read
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if err := writeChecks(&out, c.checks); err != nil {
				t.Fatal(err)
			}
			if got := "\n" + out.String(); got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
