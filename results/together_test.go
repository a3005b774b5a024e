package results_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// What is recorded in parts and merged equals what is recorded all in one: the
// same bytes of each histogram and every other figure to the last digit. Seconds
// and rates have sums without rounding; all else is so by design.

var part = course{workers: 8, rate: 250, seconds: 10}

// ofEverySort calls a test with requests of which none, some, most or all failed.
func ofEverySort(t *testing.T, test func(t *testing.T, random *rand.Rand, requests []request)) {
	t.Parallel()
	for _, failing := range []float64{0, .002, .07, .6, 1} {
		t.Run(fmt.Sprint("failing ", failing), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(7, uint64(1000*failing)))
			test(t, random, draw(random, 1500, failing))
		})
	}
}

func TestRoundsTogetherEqualOneRecording(t *testing.T) {
	ofEverySort(t, func(t *testing.T, random *rand.Rand, requests []request) {
		rounds := roundsOf(t, deal(random, requests, 4))
		got, err := results.Summarize(rounds)
		if err != nil {
			t.Fatal(err)
		}
		isAsRecorded(t, "the summary", got, inTurn(4).figures(t, requests))
	})
}

// TestMergedResultsEqualOneRecording merges three results of two rounds each, all
// at once and one after the other, in other orders than they ran in.
func TestMergedResultsEqualOneRecording(t *testing.T) {
	ofEverySort(t, func(t *testing.T, random *rand.Rand, requests []request) {
		dealt := deal(random, requests, 6)
		var parts []*results.Result
		for i := range 3 {
			r := resultstest.Build(resultstest.Spec{Open: true, Run: fmt.Sprint("run-", i)})
			r.Rounds = roundsOf(t, dealt[2*i:2*i+2])
			parts = append(parts, written(t, r))
		}
		want := inTurn(6).figures(t, requests)
		random.Shuffle(len(parts), func(i, k int) { parts[i], parts[k] = parts[k], parts[i] })
		isAsRecorded(t, "all at once", merged(t, parts...).Summary, want)
		isAsRecorded(t, "one by one", merged(t, parts[0], merged(t, parts[1], parts[2])).Summary, want)
	})
}

// TestMergedShardsEqualOneRecording deals two rounds to three machines.
func TestMergedShardsEqualOneRecording(t *testing.T) {
	ofEverySort(t, func(t *testing.T, random *rand.Rand, requests []request) {
		const shards = 3
		ofRound := deal(random, requests, 3)[:2] // the third has nothing
		parts := make([]*results.Result, shards)
		for i := range parts {
			parts[i] = resultstest.Build(resultstest.Spec{Open: true, Shard: &results.Shard{Index: i + 1, Count: shards}})
			parts[i].Rounds = nil
		}
		for index, requests := range ofRound {
			for i, own := range deal(random, requests, shards) {
				parts[i].Rounds = append(parts[i].Rounds, results.Round{
					Index: index, StartedAt: resultstest.Started, Figures: part.figures(t, own), Phases: part.phases(t, own),
				})
			}
		}
		for i := range parts {
			parts[i] = written(t, parts[i])
		}
		random.Shuffle(len(parts), func(i, k int) { parts[i], parts[k] = parts[k], parts[i] })
		whole := merged(t, parts...)
		all := course{workers: shards * part.workers, rate: shards * part.rate, seconds: part.seconds}
		for index, requests := range ofRound {
			isAsRecorded(t, fmt.Sprint("round ", index), whole.Rounds[index].Figures, all.figures(t, requests))
			isAsRecorded(t, fmt.Sprint("the phases of round ", index), whole.Rounds[index].Phases, all.phases(t, requests))
		}
		all.seconds *= 2
		isAsRecorded(t, "the summary", whole.Summary, all.figures(t, requests))
	})
}

// inTurn is the course of so many rounds one after the other.
func inTurn(rounds int) course {
	return course{part.workers, part.rate, part.seconds * float64(rounds)}
}

func roundsOf(t *testing.T, dealt [][]request) []results.Round {
	t.Helper()
	var rounds []results.Round
	for i, requests := range dealt {
		rounds = append(rounds, results.Round{Index: i, StartedAt: resultstest.Started, Figures: part.figures(t, requests)})
	}
	return rounds
}

// written gives a result back as it is read from its file.
func written(t *testing.T, r *results.Result) *results.Result {
	t.Helper()
	resultstest.Summarize(r)
	path := filepath.Join(t.TempDir(), "result.json")
	if err := results.SaveAs(path, r); err != nil {
		t.Fatal(err)
	}
	back, err := results.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func merged(t *testing.T, parts ...*results.Result) *results.Result {
	t.Helper()
	whole, err := results.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}
