package postgres

import (
	"testing"

	"github.com/sessionbench/bench/drivers"
)

func TestStatesAreClassed(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]drivers.Class{
		"28P01": drivers.ClassAuth, "28000": drivers.ClassAuth, "42501": drivers.ClassAuth,
		"53300": drivers.ClassPoolExhausted, "53100": drivers.ClassOutOfMemory, "53200": drivers.ClassOutOfMemory,
		"25006": drivers.ClassReadOnly, "55P03": drivers.ClassBusy, "40001": drivers.ClassBusy, "40P01": drivers.ClassBusy,
		"57P01": drivers.ClassReset, "57P03": drivers.ClassReset, "08006": drivers.ClassReset, "57014": drivers.ClassTimeout,
		"3D000": drivers.ClassOther, "42P01": drivers.ClassOther, "": drivers.ClassOther,
	} {
		if got := classOf(state); got != want {
			t.Errorf("%q is classed %s, want %s", state, got, want)
		}
	}
}
