package load

import (
	"strings"
	"testing"

	"github.com/sessionbench/bench/scenarios"
)

func TestAnIDTellsItsRunAndNoOtherIsTakenForOne(t *testing.T) {
	t.Parallel()
	identity := newIdentity("a run", 3, scenarios.Payload{})
	var g ids
	for session := range uint64(1000) {
		id := g.id(identity, session, uint32(session%7))
		if run, ours := RunOf(id); !ours || run != RunIDPrefix("a run") || run == RunIDPrefix("another") {
			t.Fatalf("%s is of the run %q, ours: %v", id, run, ours)
		}
		for i := prefixLength; i < len(id); i++ {
			other := id[:i] + string(alphabet[(strings.IndexByte(alphabet, id[i])+1)%len(alphabet)]) + id[i+1:]
			if _, ours := RunOf(other); ours {
				t.Fatalf("%s is taken for ours, and %s is", other, id)
			}
		}
	}
	id := g.id(identity, 1, 1)
	for _, other := range []string{"", IDPrefix, id[:31], id + "a", "Bench" + id[5:], id[:20] + "." + id[21:], id[:31] + "\xff"} {
		if _, ours := RunOf(other); ours {
			t.Errorf("%q is taken for ours", other)
		}
	}
}
