package machine

import (
	"encoding/json"
	"errors"
	"regexp"
	"testing"
)

func TestFactsAreJudged(t *testing.T) {
	t.Parallel()
	governed := func(governors ...string) Frequency { return Frequency{Governors: governors} }
	for name, c := range map[string]struct {
		fact    Fact
		figure  string
		verdict Verdict
		texts   []string // a pattern for each trouble
	}{
		"one processor":         {Processors{1, 1}, "1", Distorts, []string{"^with one processor, "}},
		"two processors":        {Processors{2, 2}, "2", Look, []string{"have 2 processors together"}},
		"four processors":       {Processors{4, 4}, "4", OK, nil},
		"processors left alone": {Processors{8, 2}, "8, and bench uses 2 of them", Look, []string{"^bench uses 2 of 8 processors"}},

		"nobody else":     {OtherPrograms{4.9, 0.9, 1.9, 2}, "4.9 % of the processors, 0.90 % stolen, load 1.90", OK, nil},
		"somebody else":   {OtherPrograms{5.1, 0, 0, 2}, "5.1 % of the processors, 0 % stolen, load 0.00", Look, []string{"^other programs use 5.1 %"}},
		"many others":     {OtherPrograms{15.1, 0, 9, 2}, "15.1 % of the processors, 0 % stolen, load 9.00", Distorts, []string{"^other programs use 15.1 %"}},
		"others just now": {OtherPrograms{0, 0, 2, 2}, "0 % of the processors, 0 % stolen, load 2.00", Look, []string{"^the load of the last minute is 2.00 on 2 processors"}},
		"some stolen":     {OtherPrograms{0, 1.1, 0, 2}, "0 % of the processors, 1.1 % stolen, load 0.00", Look, []string{"^the host gives 1.1 %"}},
		"much stolen":     {OtherPrograms{6, 5.1, 0, 2}, "6.0 % of the processors, 5.1 % stolen, load 0.00", Distorts, []string{"^other programs", "^the host gives 5.1 %"}},

		"performance":         {governed("performance"), "performance", OK, nil},
		"powersave":           {governed("powersave"), "powersave", Distorts, []string{"governor powersave .*frequency-set -g performance$"}},
		"ondemand":            {governed("ondemand"), "ondemand", Distorts, []string{"governor ondemand "}},
		"schedutil, for some": {governed("performance", "schedutil"), "performance and schedutil", Distorts, []string{"governor performance and schedutil "}},
		"turbo":               {Frequency{[]string{"performance"}, new(true)}, "performance, turbo on", Look, []string{"^turbo is on"}},
		"no turbo":            {Frequency{[]string{"performance"}, new(false)}, "performance, turbo off", OK, nil},

		"a quick clock":     {Clock{25, 20}, "25ns a reading, in steps of 20ns", OK, nil},
		"a costly clock":    {Clock{101, 20}, "101ns a reading, in steps of 20ns", Look, []string{"takes 101ns, .* below 404ns "}},
		"a slow clock":      {Clock{1234.5, 20}, "1.23µs a reading, in steps of 20ns", Distorts, []string{"takes 1.23µs, "}},
		"a coarse clock":    {Clock{25, 101}, "25ns a reading, in steps of 101ns", Look, []string{"steps of 101ns.* below 1.01µs$"}},
		"a clock of a tick": {Clock{25, 1e6}, "25ns a reading, in steps of 1ms", Distorts, []string{"steps of 1ms.* below 10ms$"}},

		"tsc":             {ClockSource{"tsc", []string{"tsc"}}, "tsc", OK, nil},
		"kvm-clock":       {ClockSource{"kvm-clock", nil}, "kvm-clock", OK, nil},
		"hpet":            {ClockSource{"hpet", []string{"tsc", "hpet"}}, "hpet", Look, []string{"hpet .*; echo tsc > /sys/.*/current_clocksource$"}},
		"acpi_pm for tsc": {ClockSource{"acpi_pm", []string{"acpi_pm"}}, "acpi_pm", Look, []string{"acpi_pm .*; tsc is not to be had"}},
		"xen":             {ClockSource{"xen", []string{"xen"}}, "xen", Look, []string{"xen"}},

		"punctual":  {Lateness{3000, 5e4, 2e5, 5e6}, "p50 50µs, p99 200µs, max 5ms", OK, nil},
		"late":      {Lateness{3000, 5e4, 2.01e5, 5e6}, "p50 50µs, p99 201µs, max 5ms", Look, []string{"^at 3000/s, .* 201µs late"}},
		"very late": {Lateness{3000, 5e4, 1.1e6, 5e6}, "p50 50µs, p99 1.1ms, max 5ms", Distorts, []string{" 1.1ms late"}},

		"a high ceiling": {Ceiling{6e5, 1.2e6, new(309.4)}, "600k ops/s, 1.20M calls/s, 309ns of CPU a call", OK, nil},
		"a low ceiling":  {Ceiling{5.99e5, 1.198e6, nil}, "599k ops/s, 1.20M calls/s", Look, []string{"^bench itself manages 599k operations/s"}},
		"no ceiling":     {Ceiling{9999, 19998, nil}, "9999 ops/s, 20.0k calls/s", Distorts, []string{" 9999 operations/s"}},

		"no quota":           {CPUQuota{Usable: 2}, "none", OK, nil},
		"a quota":            {CPUQuota{new(1.5), 7, 2.5, 2}, "1.50 processors, used up 7 times for 2.50 s", Distorts, []string{"gives 1.50 of 2 processors"}},
		"a quota of all":     {CPUQuota{new(2.0), 0, 0, 2}, "2.00 processors, never used up", OK, nil},
		"a quota of all, up": {CPUQuota{new(2.0), 3, 0.25, 2}, "2.00 processors, used up 3 times for 0.25 s", Look, []string{"used up 3 times, for 0.25 s"}},

		"memory":          {Memory{Available: 22 << 30, Total: 24 << 30}, "22.0 GiB of 24.0 GiB available, no swap", OK, nil},
		"less memory":     {Memory{Available: 1<<30 - 1, Total: 24 << 30, SwapTotal: 1 << 40}, "1024 MiB of 24.0 GiB available, nothing swapped out", Look, []string{"^1024 MiB of memory is available"}},
		"hardly memory":   {Memory{Available: 255 << 20, Total: 1 << 40}, "255 MiB of 1.00 TiB available, no swap", Distorts, []string{"^255 MiB of memory"}},
		"swapped out":     {Memory{1 << 40, 1 << 40, 64 << 20, 1 << 30}, "1.00 TiB of 1.00 TiB available, 64.0 MiB swapped out", Look, []string{"^64.0 MiB is swapped out"}},
		"no memory limit": {MemoryLimit{}, "none", OK, nil},
		"a large limit":   {MemoryLimit{new(uint64(1 << 30))}, "1.00 GiB", OK, nil},
		"a small limit":   {MemoryLimit{new(uint64(512 << 20))}, "512 MiB", Look, []string{"limited to 512 MiB together"}},
		"a tiny limit":    {MemoryLimit{new(uint64(64 << 20))}, "64.0 MiB", Distorts, []string{"limited to 64.0 MiB together"}},

		"enough files":   {OpenFiles{4096, 4096}, "4096", OK, nil},
		"1024 files":     {OpenFiles{1024, 4096}, "1024, may be raised to 4096", Look, []string{"have 1024 files open.*; ulimit -n "}},
		"few files":      {OpenFiles{255, 255}, "255", Distorts, []string{"have 255 files open.*; raise the hard limit"}},
		"on a disk":      {Folder{"/tmp", false}, "on a disk", OK, nil},
		"no disk":        {Folder{"/tmp", true}, "in memory (tmpfs)", Distorts, []string{"set TMPDIR"}},
		"an accept":      {AcceptQueue{511}, "511", OK, nil},
		"a short accept": {AcceptQueue{128}, "128", Look, []string{"at most 128 connections"}},

		"usual ports":         {EphemeralPorts{32768, 60999, 2, new(5)}, "28232, for 471 new connections/s, here 28.2k", OK, nil},
		"ports never reused":  {EphemeralPorts{32768, 60999, 0, nil}, "28232, for 471 new connections/s", OK, nil},
		"ports always reused": {EphemeralPorts{32768, 60999, 1, nil}, "28232, for 28.2k new connections/s", OK, nil},
		"a short range":       {EphemeralPorts{50001, 60000, 0, nil}, "10000, for 167 new connections/s", Look, []string{"^there are 10000 ephemeral ports.* beyond 167 new"}},
		"no range":            {EphemeralPorts{60000, 60059, 0, nil}, "60, for 1 new connections/s", Distorts, []string{"^there are 60 "}},
		"resting ports":       {EphemeralPorts{32768, 60999, 2, new(14117)}, "28232, for 471 new connections/s, here 28.2k", Look, []string{"^14117 connections are in TIME_WAIT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newCheck(name, c.fact, nil)
			if got.Figure != c.figure || got.Verdict != c.verdict || len(got.Troubles) != len(c.texts) {
				t.Fatalf("%q, %s, %+v, want %q, %s", got.Figure, got.Verdict, got.Troubles, c.figure, c.verdict)
			}
			for i, pattern := range c.texts {
				if !regexp.MustCompile(pattern).MatchString(got.Troubles[i].Text) {
					t.Errorf("no match for %q in %q", pattern, got.Troubles[i].Text)
				}
			}
		})
	}
}

func TestTheVerdictIsTheWorstOfTheTroubles(t *testing.T) {
	t.Parallel()
	for _, f := range []Fact{
		Frequency{[]string{"powersave"}, new(true)},     // distorts, look
		OtherPrograms{BusyPercent: 6, StolenPercent: 6}, // look, distorts
	} {
		if got := newCheck("", f, nil); len(got.Troubles) != 2 || got.Verdict != Distorts {
			t.Errorf("%+v", got)
		}
	}
}

func TestAnUnknownFactIsNullWithItsReason(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(newCheck("memory", nil, errors.New("/proc/meminfo: permission denied")))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"memory","fact":null,"figure":"/proc/meminfo: permission denied","verdict":"unknown"}`
	if string(text) != want {
		t.Errorf("%s, want %s", text, want)
	}
}
