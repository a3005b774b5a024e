package cli

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/internal/smallfile"
	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

const day = 24 * time.Hour

// runFlags are the flags of a run, as typed.
type runFlags struct {
	stores     []string
	scenario   string
	rate       string
	workers    int
	duration   string
	warmup     string
	rounds     int
	interleave string
	sessions   int
	payload    string
	ttl        string
	mix        string
	seed       uint64
	client     string
	set        []string
	backend    string
	durability string
	images     []string
	timeout    time.Duration
	connect    time.Duration
	drain      time.Duration
	inFlight   int
	overlap    float64
	verify     string
	objectives []string
	percentile []string
	label      string
	tags       []string
	shard      string
	startAt    string
	out        string
	report     string
	format     string
	keep       bool
	existing   bool
	noProgress bool
	metrics    string
	tls        drivers.TLSFiles
}

// register declares the flags on a command.
func (f *runFlags) register(cmd *cobra.Command) {
	addUnder("What to measure", cmd, f.declareStores)
	addUnder("What to measure", cmd, f.declareProviding)
	addUnder("The traffic; what is not given is as the scenario has it", cmd, f.declareTraffic)
	addUnder("How to measure", cmd, f.declareMeasuring)
	addUnder("What comes out", cmd, f.declareAnswer)
	f.complete(cmd)
}

func (f *runFlags) declareStores(p *pflag.FlagSet) {
	p.StringArrayVar(&f.stores, "store", nil, "`TARGET` to measure: NAME[:TAG][@OPTION=VALUE…][=URL]; repeatable, or with commas\n(default memory,file,sqlite)")
}

func (f *runFlags) declareProviding(p *pflag.FlagSet) {
	p.StringVar(&f.client, "client", "express", "`MODE`: express talks as the Node middleware does, native as a Go service would")
	p.StringArrayVar(&f.set, "set", nil, "a driver's option, `STORE.OPTION=VALUE`; repeatable; see bench stores")
	p.StringVar(&f.backend, "backend", "auto", "`WAY` to provide a store: auto, embedded, process or container")
	p.StringVar(&f.durability, "durability", "", "what every store must keep in a crash, `CLASS`: none, seconds (all but the last ones) or commit (all that it\nacknowledged); see bench stores")
	p.StringArrayVar(&f.images, "image", nil, "container image, `STORE=REF`; repeatable")
	f.connect = 10 * time.Second
	duration(p, &f.connect, "connect-timeout", time.Millisecond, day, "`TIME` until a store must answer")
	p.BoolVar(&f.existing, "use-existing", false, "use a table or collection that is already there, and only rows of our own")
	p.BoolVar(&f.keep, "keep", false, "leave the sessions in an external store")
	p.StringVar(&f.tls.CA, "tls-ca", "", "PEM `FILE` of the authorities to trust")
	p.StringVar(&f.tls.Cert, "tls-cert", "", "PEM `FILE` of the client's certificate")
	p.StringVar(&f.tls.Key, "tls-key", "", "PEM `FILE` of its key")
}

func (f *runFlags) declareTraffic(p *pflag.FlagSet) {
	p.StringVar(&f.scenario, "scenario", "web", "built-in `NAME`, or a file; see bench scenarios")
	p.StringVar(&f.rate, "rate", "", "open loop: operations come due at `N/s`")
	whole(p, &f.inFlight, "max-in-flight", 1, scenarios.MaxInFlight, "open loop: at most `N` requests open at once")
	whole(p, &f.workers, "workers", 1, scenarios.MaxWorkers, "closed loop: `N` workers, each sends when its last was answered")
	p.StringVar(&f.duration, "duration", "", "measured `TIME` of a round")
	p.StringVar(&f.warmup, "warmup", "", "`TIME` replayed before it and kept out of the figures")
	whole(p, &f.sessions, "sessions", 1, scenarios.MaxSessions, "`N` sessions alive at the start, preloaded")
	p.StringVar(&f.payload, "payload", "", "median `SIZE` of a session, such as 600B or 4KiB")
	p.StringVar(&f.ttl, "ttl", "", "`TIME` a session lives, or none")
	p.StringVar(&f.mix, "mix", "", "`WEIGHTS` of the operations, such as read=80,write=12,login=8")
	decimal(p, &f.overlap, "overlap", 0, 100, "`PERCENT` of the requests that overlap another of the same session")
	f.seed = 1
	whole(p, &f.seed, "seed", 0, math.MaxUint64, "the same `N` gives the same operations on the same sessions")
}

func (f *runFlags) declareMeasuring(p *pflag.FlagSet) {
	f.rounds = 1
	whole(p, &f.rounds, "rounds", 1, 1000, "`N` rounds a target; several targets take turns")
	p.StringVar(&f.interleave, "interleave", "rounds", "`WHAT` several targets take turns in: rounds, or slices of some 20 ms, of which a second makes a round")
	f.declarePatience(p)
	p.StringArrayVar(&f.objectives, "objective", nil, "`METRIC=VALUE` to keep, else exit 1: p99=20ms, errors=0.1%, lost=0; repeatable")
	p.StringVar(&f.shard, "shard", "", "run part `I/N` of the traffic, for several machines; see bench merge")
	p.StringVar(&f.startAt, "start-at", "", "begin the traffic at `TIME` (15:04:05 or RFC 3339), for several machines")
}

func (f *runFlags) declarePatience(p *pflag.FlagSet) {
	duration(p, &f.timeout, "timeout", 0, day, "`TIME` a call may take (default: what the express client has; see bench stores)")
	f.drain = 10 * time.Second
	duration(p, &f.drain, "drain", time.Millisecond, day, "`TIME` that open requests are awaited at the end")
	p.StringVar(&f.verify, "verify", "sample", "`SHARE` of the sessions read back after a round: all, sample or off")
}

func (f *runFlags) declareAnswer(p *pflag.FlagSet) {
	p.StringVar(&f.out, "out", "results", "`DIR` that the result files go to")
	p.StringVar(&f.label, "label", "", "`TEXT` to know the results by")
	p.StringArrayVar(&f.tags, "tag", nil, "`KEY=VALUE` kept in the results; repeatable")
	p.StringVar(&f.format, "format", "table", "`FORMAT` of what is printed: table, json or markdown")
	p.StringVar(&f.report, "report", "", "write a report to `FILE`, in the format of its suffix")
	declarePercentiles(p, &f.percentile)
	p.BoolVar(&f.noProgress, "no-progress", false, "do not tell how far the run is")
	p.StringVar(&f.metrics, "metrics", "", "serve a live page, and figures for Prometheus under /metrics, at `ADDR` during the run, such as 127.0.0.1:9200")
}

func declarePercentiles(p *pflag.FlagSet, into *[]string) {
	p.StringSliceVar(into, "percentiles", []string{"50", "95", "99", "99.9"}, "`LIST` of the table's percentiles")
}

// complete offers the shell what a flag takes.
func (f *runFlags) complete(cmd *cobra.Command) {
	fixed := func(flag string, words ...string) {
		// The only error is a flag that does not exist.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	fixed("store", drivers.Names()...)
	fixed("client", string(drivers.Express), string(drivers.Native))
	fixed("backend", "auto", "embedded", "process", "container")
	fixed("durability", words(drivers.Durabilities)...)
	fixed("verify", "all", "sample", "off")
	fixed("interleave", "rounds", "slices")
	fixed("format", "table", "json", "markdown")
	_ = cmd.RegisterFlagCompletionFunc("scenario", cobra.FixedCompletions(scenarios.Names(), cobra.ShellCompDirectiveDefault))
}

// settings are a run's flags, read and checked.
type settings struct {
	scenario    *scenarios.Scenario
	targets     []drivers.Target
	client      drivers.Client
	mode        containers.Mode
	images      map[string]string
	shard       load.Shard
	verify      load.VerifyMode
	tags        map[string]string
	percentiles []float64
	startAt     time.Time
}

// read checks every flag before anything is started. Errors are usage errors.
func (f *runFlags) read(cmd *cobra.Command) (*settings, error) {
	s := &settings{client: drivers.Client(f.client), verify: load.VerifyMode(f.verify)}
	var err error
	steps := []func() error{
		func() error { s.targets, err = f.targets(); return err },
		func() error { s.scenario, err = f.traffic(cmd.Flags()); return err },
		func() error { return within("--client", s.client.Check()) },
		func() error { return oneOf("--backend", f.backend, "auto", "embedded", "process", "container") },
		func() error { return f.checkDurability(s.targets) },
		func() error { return oneOf("--verify", f.verify, "all", "sample", "off") },
		func() error { return oneOf("--format", f.format, "table", "json", "markdown") },
		func() error { return f.checkInterleave(s) },
		func() error { s.images, err = keyValues("--image", f.images); return err },
		func() error { return f.checkImages(s) },
		func() error { s.tags, err = keyValues("--tag", f.tags); return err },
		func() error { s.shard, err = parseShard(f.shard); return err },
		func() error { s.startAt, err = parseStart(f.startAt, time.Now()); return err },
		func() error { s.percentiles, err = parsePercentiles(f.percentile); return err },
		func() error { return f.checkLength(s.scenario) },
		func() error { return f.checkExternal(s.targets) },
		func() error { return f.checkWords(s.tags) },
		func() error { return checkReport(f.report) },
		func() error { return f.checkTLS() },
		func() error { return within("--store", f.checkTargets(s.targets)) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, usage(err)
		}
	}
	s.mode = containers.Mode(f.backend)
	return s, nil
}

// checkReport refuses a report in no known format, or in the place of a result.
func checkReport(path string) error {
	if path == "" {
		return nil
	}
	if _, err := report.FormatOf(path); err != nil {
		return within("--report", err)
	}
	return noResult("--report", path)
}

// noResult refuses to write in the place of a result, which can't be measured again.
func noResult(flag, path string) error {
	if _, err := results.Read(path); err == nil {
		return fmt.Errorf("%s: %s is a result, which the report would replace: name another file", flag, path)
	}
	return nil
}

// longest is how long all rounds may be together: what is longer is a slip.
const longest = 72 * time.Hour

func (f *runFlags) checkLength(s *scenarios.Scenario) error {
	round := time.Duration(s.Warmup + s.Duration)
	if whole := time.Duration(f.rounds) * round; whole > longest {
		return fmt.Errorf("--rounds=%d of %s each, with the warm-up, are %s: at most %gh in all",
			f.rounds, scenarios.Duration(round), scenarios.Duration(whole), longest.Hours())
	}
	return nil
}

// checkExternal refuses what only a store that is there already can have.
func (f *runFlags) checkExternal(targets []drivers.Target) error {
	for _, c := range []struct {
		flag  string
		given bool
	}{{"--keep", f.keep}, {"--use-existing", f.existing}} {
		if c.given && !slices.ContainsFunc(targets, func(t drivers.Target) bool { return t.URL != "" }) {
			return fmt.Errorf("%s: every --store is made for the run and goes away with it: name one that is there already, as NAME=URL", c.flag)
		}
	}
	return nil
}

// checkWords refuses texts that would break the lines of a table.
func (f *runFlags) checkWords(tags map[string]string) error {
	if err := oneLine(f.label); err != nil {
		return within("--label", err)
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if err := cmp.Or(oneLine(key), oneLine(tags[key])); err != nil {
			return within("--tag", err)
		}
	}
	return nil
}

const longestText = 200

func oneLine(text string) error {
	graphic := utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) })
	if !graphic || utf8.RuneCountInString(text) > longestText {
		return fmt.Errorf("%.60q is not a text of one line and at most %d characters", text, longestText)
	}
	return nil
}

// mostPEM is far more than all authorities of a system take.
const mostPEM = 4 << 20

// checkTLS refuses files that can't be read, and half a certificate.
func (f *runFlags) checkTLS() error {
	for _, file := range []struct{ flag, path string }{
		{"--tls-ca", f.tls.CA}, {"--tls-cert", f.tls.Cert}, {"--tls-key", f.tls.Key},
	} {
		if file.path == "" {
			continue
		}
		_, err := smallfile.Read(file.path, mostPEM)
		if errors.Is(err, smallfile.ErrTooLarge) {
			err = fmt.Errorf("%s: larger than %d MiB: not a PEM file", file.path, mostPEM>>20)
		}
		if err != nil {
			return within(file.flag, err)
		}
	}
	if (f.tls.Cert == "") != (f.tls.Key == "") {
		return errors.New("--tls-cert and --tls-key belong together: give both")
	}
	return f.tls.AddTo(&tls.Config{})
}

// amply is more than the result or report of an ordinary run takes.
const amply = 128 << 10

// writable tells before anything runs that no file of some size can be made in a
// folder.
func writable(dir string) error {
	file, err := os.CreateTemp(dir, ".bench-*")
	if err == nil {
		_, err = file.Write(make([]byte, amply))
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	var path *fs.PathError
	if errors.As(err, &path) { // without the file's name, which nobody typed
		err = path.Err
	}
	if err != nil {
		return fmt.Errorf("no file can be made in %s: %w; name another folder", dir, err)
	}
	return nil
}

func within(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}

func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s: %q is not one of %s%s", flag, value, strings.Join(allowed, ", "), drivers.DidYouMean(value, allowed))
}

// keyValues reads K=V flags.
func keyValues(flag string, pairs []string) (map[string]string, error) {
	m := map[string]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" || value == "" {
			return nil, fmt.Errorf("%s: %q is not KEY=VALUE", flag, pair)
		}
		if _, twice := m[key]; twice {
			return nil, fmt.Errorf("%s: %q is given twice", flag, key)
		}
		m[key] = value
	}
	return m, nil
}

func parseShard(text string) (load.Shard, error) {
	if text == "" {
		return load.Shard{}, nil
	}
	index, count, ok := strings.Cut(text, "/")
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(count)
	if !ok || errI != nil || errN != nil || n < 1 || i < 1 || i > n || !digits.MatchString(index+count) {
		return load.Shard{}, fmt.Errorf("--shard: %q is not I/N with I from 1 to N, such as 1/3", text)
	}
	return load.Shard{Index: i, Count: n}, nil
}

// parseStart reads a time of day, today's or when that is past tomorrow's, or a
// whole time.
func parseStart(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		switch {
		case t.Before(now):
			return time.Time{}, fmt.Errorf("--start-at: %s is past", text)
		case t.After(now.Add(7 * day)):
			return time.Time{}, fmt.Errorf("--start-at: %s is more than a week ahead", text)
		}
		return t, nil
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05", now.Format("2006-01-02 ")+text, now.Location())
	if err != nil {
		return time.Time{}, fmt.Errorf("--start-at: %q is neither a time of day such as 15:04:05 nor RFC 3339", text)
	}
	if t.Before(now) {
		t = t.AddDate(0, 0, 1)
	}
	return t, nil
}

func parsePercentiles(texts []string) ([]float64, error) {
	var all []float64
	for _, text := range texts {
		p, err := parseDecimal(strings.TrimPrefix(text, "p"))
		if err != nil || !(p > 0 && p < 100) {
			return nil, fmt.Errorf("--percentiles: %q is not a number above 0 and below 100", text)
		}
		all = append(all, p)
	}
	if len(all) == 0 || len(all) > 10 {
		return nil, fmt.Errorf("--percentiles: from one to ten are possible, not %d", len(all))
	}
	return all, nil
}
