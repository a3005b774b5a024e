package scenarios

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
)

func builtin(t *testing.T, name string) *Scenario {
	t.Helper()
	s, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestValidateNamesTheFieldThatAFlagBroke(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scenario string
		change   func(*Scenario)
		want     string
	}{
		{"web", func(s *Scenario) { s.Name = "../x" }, `name: "../x" is no name: ` + nameForm},
		{"web", func(s *Scenario) { s.Description = "caf\xe9" }, `description: "caf\xe9" does not fit a list: one line of at most 200 characters`},
		{"web", func(s *Scenario) { s.Sessions = 0 }, `sessions: 0 is out of range: a whole number from 1 to 50000000`},
		{"web", func(s *Scenario) { s.Payload.Median = 100 }, `payload.median: 100B is less than a session's JSON needs: a size from 256B to 16MiB`},
		{"web", func(s *Scenario) { s.Payload = Payload{} }, `payload.median: is missing: a size from 256B to 16MiB`},
		{"web", func(s *Scenario) { s.TTL = -1 }, `ttl: -1ns is out of range: a duration from 1ms to 720h, or none`},
		{"web", func(s *Scenario) { s.Popularity.Zipf = math.NaN() }, `popularity.zipf: NaN is out of range: a number from 0 to 5`},
		{"web", func(s *Scenario) { s.Mix[Read] = math.NaN() }, `mix.read: NaN is out of range: ` + weightForm},
		{"web", func(s *Scenario) { s.Mix[Read] = math.Inf(1) }, `mix.read: +Inf is out of range: ` + weightForm},
		{"web", func(s *Scenario) { s.Mix = Mix{} }, `mix: no operation has a weight: at least one of login, read, write, logout, expire, anonymous needs more than 0`},
		{"web", func(s *Scenario) { s.ExpireAfter = 0 }, `expire_after: is missing or 0: a duration from 1ms to 720h`},
		{"web", func(s *Scenario) { s.Overlap = math.NaN() }, `overlap: NaN is out of range: a percentage from 0 to 100, without %`},
		{"web", func(s *Scenario) { s.Load = Load{} }, `load: has neither rate nor workers: one of rate (open loop) and workers (closed loop)`},
		{"web", func(s *Scenario) { s.Load.Workers = -1 }, `load.workers: -1 is out of range: a whole number from 1 to 1000000`},
		{"web", func(s *Scenario) { s.Load.Rate = 5 }, `load.rate: 5/s beside workers 64: one of rate (open loop) and workers (closed loop)`},
		{"soak", func(s *Scenario) { s.Load.Rate = Rate(math.NaN()) }, `load.rate: NaN/s is out of range: a rate from 1/h to 10000000/s`},
		{"soak", func(s *Scenario) { s.Load.Rate = -5 }, `load.rate: -5/s is out of range: a rate from 1/h to 10000000/s`},
		{"soak", func(s *Scenario) { s.Load.Arrival = "" }, `load.arrival: "" is no arrival: uniform or poisson`},
		{"soak", func(s *Scenario) { s.Load.MaxInFlight = 0 }, `load.max_in_flight: 0 is out of range: a whole number from 1 to 1000000`},
		{"spike", func(s *Scenario) { s.Load.Workers = 5 }, `load.workers: 5 beside phases, which have their own: give one of the two`},
		{"spike", func(s *Scenario) { s.Phases[1].Rate.To = 1e9 }, `phases[1].rate: 1000000000/s is out of range: a rate from 1/h to 10000000/s`},
		{"spike", func(s *Scenario) { s.Phases[1].Duration = 0 }, `phases[1].duration: is missing or 0: a duration from 1ms to 720h`},
		{"spike", func(s *Scenario) { s.Phases[2].Name = "calm" }, `phases[2].name: "calm" is the name of an earlier phase: each needs its own`},
		{"spike", func(s *Scenario) { s.Phases = make([]Phase, 101) }, `load.arrival: poisson in a closed loop, where the answers pace the workers: only with rate`},
		{"spike", func(s *Scenario) { s.Duration++ }, `duration: 30.000000001s, but the phases last 30s together: leave it out, or give their sum`},
		{"web", func(s *Scenario) { s.Middleware.LoginSaves = 0 }, `middleware.login_saves: 0 is out of range: a whole number from 1 to 2`},
		{"web", func(s *Scenario) { s.Warmup = -1 }, `warmup: -1ns is out of range: a duration from 1ms to 720h, or none`},
		{"web", func(s *Scenario) { s.Duration = Duration(1000 * time.Hour) }, `duration: 1000h is out of range: a duration from 1ms to 720h`},
		{"web", func(s *Scenario) { s.Objectives = Objectives{{"p99", "x"}} }, `objectives.p99: "x" is no limit for it: a time above 0, such as 20ms`},
		{"web", func(s *Scenario) { s.Objectives = append(s.Objectives, Objective{"p99", "1s"}) }, `objectives.p99: is given twice: one limit a metric`},
	} {
		s := builtin(t, c.scenario)
		c.change(s)
		if err := s.Validate(); err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
		if text, err := s.YAML(); err == nil {
			t.Errorf("an invalid scenario is printed:\n%s", text)
		}
	}
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	s, want := builtin(t, "spike"), builtin(t, "spike")
	c := s.Clone()
	if !reflect.DeepEqual(c, s) {
		t.Fatalf("Clone = %+v, want %+v", c, s)
	}
	c.Phases[0].Name, c.Objectives[0].Limit, c.Mix[Read] = "changed", "1ns", 0
	if !reflect.DeepEqual(s, want) {
		t.Errorf("a change of the clone changed the original: %+v", s)
	}
}

func TestSetRateAndSetWorkersChangeTheLoop(t *testing.T) {
	t.Parallel()
	s := builtin(t, "web")
	s.SetRate(300)
	if want := (Load{Rate: 300, Arrival: Poisson, MaxInFlight: 512}); s.Load != want || !s.Open() || s.Validate() != nil {
		t.Errorf("SetRate on a closed loop: %+v, %v; want %+v", s.Load, s.Validate(), want)
	}
	s.Load.Arrival, s.Load.MaxInFlight = Uniform, 9
	s.SetRate(400)
	if want := (Load{Rate: 400, Arrival: Uniform, MaxInFlight: 9}); s.Load != want {
		t.Errorf("SetRate on an open loop: %+v, want %+v", s.Load, want)
	}
	s = builtin(t, "spike")
	s.SetWorkers(8)
	if s.Load != (Load{Workers: 8}) || s.Open() || s.Phases != nil || s.Validate() != nil || s.Duration != Duration(30*time.Second) {
		t.Errorf("SetWorkers on phases: %+v, %v", s, s.Validate())
	}
}

func TestSetDurationKeepsThePhasesProportions(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{7 * time.Second, 30 * time.Second, time.Hour + 1, 30 * 24 * time.Hour} {
		s := builtin(t, "spike") // 5, 5, 5 and 15 s
		before := s.Phases
		s.SetDuration(Duration(d))
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", d, err)
		}
		for i, share := range []time.Duration{6, 6, 6, 2} {
			if off := time.Duration(s.Phases[i].Duration) - d/share; off < -time.Millisecond || off > time.Millisecond {
				t.Errorf("%s: phase %s lasts %s, want %s", d, s.Phases[i].Name, s.Phases[i].Duration, d/share)
			}
		}
		if before[0].Duration != Duration(5*time.Second) {
			t.Errorf("%s: SetDuration changed the phases that others hold", d)
		}
	}
	s := builtin(t, "web")
	s.SetDuration(Duration(time.Minute))
	if s.Duration != Duration(time.Minute) || s.Phases != nil || s.Validate() != nil {
		t.Errorf("without phases: %+v", s)
	}
}

func TestTimelineIsThePhasesOrOne(t *testing.T) {
	t.Parallel()
	if got := builtin(t, "spike").Timeline(); len(got) != 4 || got[1].Rate != (RateRange{300, 4000}) {
		t.Errorf("spike: %+v", got)
	}
	want := []Phase{{Name: "steady", Workers: WorkersRange{64, 64}, Duration: Duration(20 * time.Second)}}
	if got := builtin(t, "web").Timeline(); !reflect.DeepEqual(got, want) {
		t.Errorf("web: %+v, want %+v", got, want)
	}
}

func TestJSONRefusesWhatItWouldMisread(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"mix": {"raed": 1}}`, `{"mix": 5}`, `{"popularity": "zipf"}`, `{"popularity": {}}`, `{"ttl": 5}`, `{"ttl": "5"}`,
		`{"payload": {"median": "600"}}`, `{"load": {"rate": 5}}`, `{"phases": [{"rate": "5/s.."}]}`, `{"phases": [{"workers": "x"}]}`,
		`{"objectives": []}`, `{"objectives": {"p99": 5}}`,
	} {
		var s Scenario
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("json.Unmarshal(%s) = %+v, want an error", text, s)
		}
	}
}
