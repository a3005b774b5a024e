package load

import (
	"os"
	"testing"

	"github.com/sessionbench/bench/internal/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main{M: m}.Run()) }
