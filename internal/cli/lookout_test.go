package cli

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// lookout CLIENT SERVER prints what a process, and another one with its descendants,
// use every few milliseconds, until the first is gone: nanoseconds since 1970, names
// in their folders of file descriptors, nanoseconds of their threads, and bytes. It
// looks with none of the code of bench.
func lookout(args []string) int {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lookout CLIENT SERVER")
		return brokenScript
	}
	client := side{root: args[0], ran: map[string]int64{}}
	server := side{root: args[1], ran: map[string]int64{}, family: true}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for ; ; time.Sleep(10 * time.Millisecond) {
		c, s := client.look(), server.look()
		if c.files == 0 {
			return 0
		}
		fmt.Fprintln(out, c.at, c.files, c.cpu, c.memory, s.at, s.files, s.cpu, s.memory)
	}
}

// side is a process, or a family of them.
type side struct {
	root   string
	family bool
	ran    map[string]int64 // by thread, also of those that have ended
}

// seen is what a side used at a moment.
type seen struct {
	at     int64
	files  int
	cpu    int64
	memory int64
}

func (s *side) look() seen {
	now := seen{at: time.Now().UnixNano()}
	shared := int64(0)
	for pids := []string{s.root}; len(pids) > 0; pids = pids[1:] {
		if s.family {
			pids = append(pids, children(pids[0])...)
		}
		proc := filepath.Join("/proc", pids[0])
		files, _ := os.ReadDir(filepath.Join(proc, "fd"))
		now.files += len(files)
		for path, text := range readAll(filepath.Join(proc, "task", "*", "schedstat")) {
			s.ran[path] = number(text)
		}
		for _, text := range readAll(filepath.Join(proc, "status")) {
			now.memory += number(after(text, "RssAnon:")) << 10
			shared = max(shared, (number(after(text, "RssFile:"))+number(after(text, "RssShmem:")))<<10)
		}
	}
	now.memory += shared
	for _, ran := range s.ran {
		now.cpu += ran
	}
	return now
}

func children(pid string) (pids []string) {
	for _, text := range readAll(filepath.Join("/proc", pid, "task", "*", "children")) {
		pids = append(pids, strings.Fields(text)...)
	}
	return pids
}

// readAll reads the files of a pattern; one that is gone has no text.
func readAll(pattern string) map[string]string {
	texts := map[string]string{}
	paths, _ := filepath.Glob(pattern) // the patterns are right
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil {
			texts[path] = string(text)
		}
	}
	return texts
}

func after(text, name string) string {
	_, rest, _ := strings.Cut(text, name)
	return rest
}

// number is the first in a text, and 0 where there is none.
func number(text string) int64 {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64)
	return n
}
