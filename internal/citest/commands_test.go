package citest

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/sessionbench/bench/drivers"
	_ "github.com/sessionbench/bench/drivers/all"
	"github.com/sessionbench/bench/internal/cli"
	"github.com/sessionbench/bench/scenarios"
)

// command is one that somebody is told to type.
type command struct {
	where string
	words []string
}

// fenced are the lines of a Markdown file's blocks, long ones put together.
func fenced(markdown string) (lines []string) {
	for i, part := range strings.Split(markdown, "```") {
		if i%2 == 1 {
			lines = append(lines, strings.Split(strings.ReplaceAll(part, "\\\n", " "), "\n")...)
		}
	}
	return lines
}

// commandsIn finds the commands of bench in lines of a shell, of YAML, or of a
// Dockerfile's comment, also those in an image.
func commandsIn(where string, lines []string) (all []command) {
	start := regexp.MustCompile(`^(?:\$ |#\s+|- (?:run: )?|run: )*(bench .*|docker run .* bench .*)$`)
	for _, line := range lines {
		m := start.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		words := split(m[1])
		if words[0] == "docker" {
			for len(words) > 0 && words[0] != "bench" {
				words = words[1:]
			}
		}
		if len(words) > 1 {
			all = append(all, command{where, words})
		}
	}
	return all
}

// split takes a line apart as a shell does, and leaves variables as they are. What
// follows a sign that ends a command, or two spaces and prose, is not of it.
func split(line string) (words []string) {
	word := regexp.MustCompile(`^(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+`)
	quotes := strings.NewReplacer(`'`, "", `"`, "", `\`, "")
	for rest := strings.TrimLeft(line, " "); rest != ""; {
		of := word.FindString(rest)
		if of == "" || strings.ContainsAny(of[:1], "|>;#&") || strings.HasPrefix(of, "2>") {
			break
		}
		words = append(words, quotes.Replace(of))
		rest = rest[len(of):]
		if strings.HasPrefix(rest, "   ") {
			break
		}
		rest = strings.TrimLeft(rest, " ")
	}
	return words
}

// flagsOf are the flags of a command by name, and whether each takes a value, from its
// help; nil when there is no such command.
func flagsOf(name string) map[string]bool {
	var out, errs bytes.Buffer
	if cli.Main([]string{name, "--help"}, &out, &errs) != 0 || !strings.Contains(out.String(), "\n  bench "+name+" ") {
		return nil
	}
	flags := map[string]bool{}
	line := regexp.MustCompile(`(?m)^ +(?:-(\w), )?--([\w-]+)( [A-Z])?`)
	for _, m := range line.FindAllStringSubmatch(out.String(), -1) {
		for _, name := range m[1:3] {
			if name != "" {
				flags[name] = m[3] != ""
			}
		}
	}
	return flags
}

// check tells what of a command bench would refuse before it runs anything, as far as
// its help and its targets tell.
func (c command) check(flags map[string]bool) (err error) {
	baselines, arguments := 0, []string{}
	for i := 2; i < len(c.words); i++ {
		word := c.words[i]
		name, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case word == "--":
			continue
		case !strings.HasPrefix(word, "-"):
			if !strings.HasPrefix(word, "$") {
				arguments = append(arguments, word)
			}
			continue
		}
		takes, ok := flags[name]
		switch {
		case !ok:
			return fmt.Errorf("there is no flag %s", word)
		case !takes && given:
			return fmt.Errorf("flag --%s takes no value", name)
		case takes && !given && i+1 == len(c.words):
			return fmt.Errorf("flag --%s lacks its value", name)
		case takes && !given:
			i++
			value = c.words[i]
		}
		switch name {
		case "baseline":
			baselines++
			err = target(value)
		case "store":
			for _, of := range strings.Split(value, ",") {
				err = target(of)
			}
		case "scenario":
			if !strings.Contains(value, ".") {
				_, err = scenarios.Find(value)
			}
		case "objective":
			_, err = scenarios.ParseObjective(value)
		}
		if err != nil {
			return fmt.Errorf("--%s: %w", name, err)
		}
	}
	if c.words[1] != "gate" {
		return nil
	}
	if baselines == 0 {
		return fmt.Errorf("there is no --baseline")
	}
	for _, a := range arguments {
		if err := target(a); err != nil {
			return err
		}
	}
	return nil
}

// target tells whether bench takes a text for a target, when it isn't a file.
func target(text string) error {
	if strings.HasSuffix(text, ".json") || strings.HasSuffix(text, "/") || strings.HasPrefix(text, "$") || text == "baselines" {
		return nil
	}
	t, err := drivers.ParseTarget(text)
	if err != nil {
		return err
	}
	for name := range t.Settings {
		known := false
		for _, o := range t.Store.Options {
			known = known || o.Name == name
		}
		if !known {
			return fmt.Errorf("target %q: %s has no option %s", text, t.Store.Name, name)
		}
	}
	return nil
}

// documented are all commands that CI files and the documentation of the gate name.
func documented(t *testing.T) (all []command) {
	for _, path := range []string{"docs/gating.md", "README.md"} {
		of := commandsIn(path, fenced(text(t, path)))
		if len(of) < 4 {
			t.Errorf("%s: %d commands found", path, len(of))
		}
		all = append(all, of...)
	}
	for _, path := range []string{"docs/ci/github.yml", "docs/ci/gitlab.yml"} {
		all = append(all, commandsIn(path, strings.Split(text(t, path), "\n"))...)
	}
	for _, with := range gates(t, "docs/ci/github.yml") {
		if with["candidate"] == "" {
			continue
		}
		words := []string{"bench", "gate"}
		for _, key := range []string{"baseline", "max-regression", "objective", "budget", "label"} {
			if with[key] != "" {
				words = append(words, "--"+key+"="+with[key])
			}
		}
		if dir := with["baseline-dir"]; dir != "" {
			words = append(words, "--baseline="+dir, "--save-baseline="+dir)
			with["candidate"] = "result.json"
		}
		words = append(words, split(with["args"])...)
		all = append(all, command{"docs/ci/github.yml", append(words, with["candidate"])})
	}
	return all
}

func TestCommandsAreTakenByBench(t *testing.T) {
	t.Parallel()
	known := map[string]map[string]bool{}
	for _, c := range documented(t) {
		name := c.words[1]
		if strings.HasPrefix(name, "-") { // bench alone means bench run
			name = "run"
			c.words = append([]string{"bench", "run"}, c.words[1:]...)
		}
		if _, asked := known[name]; !asked {
			known[name] = flagsOf(name)
		}
		if known[name] == nil {
			t.Errorf("%s: %s: there is no such command", c.where, strings.Join(c.words, " "))
			continue
		}
		if err := c.check(known[name]); err != nil {
			t.Errorf("%s: %s: %v", c.where, strings.Join(c.words, " "), err)
		}
	}
}
