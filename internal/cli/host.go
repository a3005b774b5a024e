package cli

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/shirou/gopsutil/v4/cpu"
	gohost "github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/sessionbench/bench/results"
)

// version is set by the release build (-ldflags "-X …/internal/cli.version=v1.2.3").
var version = ""

// tool says what measured.
func tool() results.Tool {
	t := results.Tool{Version: version, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	if t.Version == "" {
		t.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			t.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			t.Commit += "+changes"
		}
	}
	return t
}

// host describes this machine. What can't be read stays zero.
func host() results.Host {
	h := results.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU()}
	h.Name, _ = os.Hostname()
	h.Kernel, _ = gohost.KernelVersion()
	if info, err := cpu.Info(); err == nil && len(info) > 0 {
		h.CPUModel = info[0].ModelName
	}
	if m, err := mem.VirtualMemory(); err == nil {
		h.MemoryBytes = m.Total
	}
	h.NoFileSoft, h.NoFileHard = fileLimits()
	return h
}
