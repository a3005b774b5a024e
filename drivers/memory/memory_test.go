package memory_test

import (
	"testing"

	_ "github.com/sessionbench/bench/drivers/memory"

	"github.com/sessionbench/bench/drivers/drivertest"
)

func TestDriver(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{
		Store: "memory",
		Place: func(testing.TB) (string, map[string]string) { return "", nil },
	})
}
