package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// mistakes are files with one mistake each, and the answer without the file's
// name. They are seeds of FuzzParse as well.
var mistakes = []struct{ text, want string }{
	// No scenario at all.
	{"", "1:1: there is nothing in the file: a scenario, such as `bench scenarios show web` prints"},
	{"\n\n# only a comment\n", "1:1: there is nothing in the file: a scenario, such as `bench scenarios show web` prints"},
	{"---\n", "1:1: there is nothing in the file: a scenario, such as `bench scenarios show web` prints"},

	// No text.
	{"\x00\x01ELF", "1:1: control character U+0000: a scenario is a text file"},
	{"name: caf\xe9\n", "1:10: byte 0xe9 is not UTF-8: a scenario is a text file"},
	{"\xff\xfen\x00", "1:1: the file is UTF-16: save it as UTF-8"},
	{"\xfe\xff\x00n", "1:1: the file is UTF-16: save it as UTF-8"},
	{"\ufeffname: a\nsesions: 5\n", "2:1: unknown key \"sesions\" (did you mean \"sessions\"?): allowed are name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},
	{"name: a\r\nttl: é\x1b\r\n", "2:7: control character U+001B: a scenario is a text file"},

	// Several documents.
	{"name: a\n---\nname: b\n", "2:1: a second document starts here: one scenario a file"},
	{"name: a\n---\n", "2:1: a second document starts here: one scenario a file"},

	{"name: a\n...\nname: b\n", "3:1: a second document starts here: one scenario a file"},

	// No mapping.
	{"- a\n", "1:1: a list stands here: a mapping with the keys name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},
	{"web\n", "1:1: a single value stands here: a mapping with the keys name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},
	{"~\n", "1:1: nothing stands here: a mapping with the keys name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},
	{"[a, b]\n", "1:1: a list stands here: a mapping with the keys name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},

	// Unknown keys, at the top and nested, and keys in the wrong place.
	{"sesions: 5\n", "1:1: unknown key \"sesions\" (did you mean \"sessions\"?): allowed are name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},
	{"payload: {medain: 600B}\n", "1:11: payload: unknown key \"medain\" (did you mean \"median\"?): allowed are median, p99"},
	{"mix: {read: 5, raed: 1}\n", "1:16: mix: unknown key \"raed\" (did you mean \"read\"?): allowed are login, read, write, logout, expire, anonymous"},
	{"load: {wrokers: 5}\n", "1:8: load: unknown key \"wrokers\" (did you mean \"workers\"?): allowed are workers, rate, arrival, max_in_flight"},
	{"phases:\n  - name: a\n    rat: 5/s\n", "3:5: phases[0]: unknown key \"rat\" (did you mean \"rate\"?): allowed are name, rate, workers, duration"},
	{"middleware: {loginsaves: 2}\n", "1:14: middleware: unknown key \"loginsaves\" (did you mean \"login_saves\"?): allowed are login_saves, resave, touch"},
	{"objectives: {p98: 20ms}\n", "1:14: objectives: unknown key \"p98\" (did you mean \"p90\"?): allowed are p50, p90, p95, p99, p99.9, max, throughput, errors, violations, lost, stale, resurrected, expired_early, expired_late, fixation, swapped, races"},
	{"popularity: {zpf: 1}\n", "1:14: popularity: unknown key \"zpf\" (did you mean \"zipf\"?): allowed are zipf"},
	{"login_saves: 2\n", "1:1: login_saves does not stand here: write middleware: {login_saves: …}"},
	{"rate: 5/s\n", "1:1: rate does not stand here: write load: {rate: …}"},
	{"zzzzzzzzzzzz: 1\n", "1:1: unknown key \"zzzzzzzzzzzz\": allowed are name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},
	{"é: 1\n", "1:1: unknown key \"é\": allowed are name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},

	// Duplicate keys.
	{"name: a\nname: b\n", "2:1: name: is given twice, first on line 1: each key once"},
	{"mix: {read: 1, read: 2}\n", "1:16: mix.read: is given twice, first on line 1: each key once"},
	{"objectives:\n  p99: 1ms\n  p99: 2ms\n", "3:3: objectives.p99: is given twice, first on line 2: each key once"},

	// Whole numbers.
	{"sessions: 0\n", "1:11: sessions: 0 is out of range: a whole number from 1 to 50000000"},
	{"sessions: -1\n", "1:11: sessions: -1 is out of range: a whole number from 1 to 50000000"},
	{"sessions: 50000001\n", "1:11: sessions: 50000001 is out of range: a whole number from 1 to 50000000"},
	{"sessions: 99999999999999999999999\n", "1:11: sessions: 99999999999999999999999 is out of range: a whole number from 1 to 50000000"},
	{"sessions: 1.5\n", "1:11: sessions: \"1.5\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: many\n", "1:11: sessions: \"many\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: \"10\"\n", "1:11: sessions: \"10\" in quotes is text: a whole number from 1 to 50000000"},
	{"sessions: 010\n", "1:11: sessions: \"010\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: 1_000\n", "1:11: sessions: \"1_000\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: 0x10\n", "1:11: sessions: \"0x10\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: .nan\n", "1:11: sessions: \".nan\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions:\n", "1:10: sessions: nothing stands here: a whole number from 1 to 50000000"},
	{"sessions: [1]\n", "1:11: sessions: a list stands here: a whole number from 1 to 50000000"},
	{"sessions: {a: 1}\n", "1:11: sessions: a mapping stands here: a whole number from 1 to 50000000"},
	{"sessions: 1e3\n", "1:11: sessions: \"1e3\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: true\n", "1:11: sessions: \"true\" is not a whole number: a whole number from 1 to 50000000"},

	// Sizes.
	{"payload: 600B\n", "1:10: payload: a single value stands here: a mapping with the keys median, p99"},
	{"payload: {}\n", "1:10: payload.median: is missing: a size from 256B to 16MiB"},
	{"payload: {median: 600}\n", "1:19: payload.median: \"600\" has no unit: a size such as 600B, 2kB, 4KiB or 1MiB"},
	{"payload: {median: 600b}\n", "1:19: payload.median: \"600b\" has the unknown unit \"b\" (did you mean \"B\"?): the units are B, kB, MB, GB, KiB, MiB, GiB"},
	{"payload: {median: 100B}\n", "1:19: payload.median: 100B is less than a session's JSON needs: a size from 256B to 16MiB"},
	{"payload: {median: 17MiB}\n", "1:19: payload.median: 17MiB is too large: a size from 256B to 16MiB"},
	{"payload: {median: 1KiB, p99: 600B}\n", "1:30: payload.p99: 600B is less than the median, 1KiB: a size from there to 16MiB, or no p99 for one size"},
	{"payload: {median: 0B}\n", "1:19: payload.median: \"0B\" is not a whole number of bytes above 0: a size such as 600B, 2kB, 4KiB or 1MiB"},
	{"payload: {median: -5B}\n", "1:19: payload.median: \"-5B\" is not understood: a size such as 600B, 2kB, 4KiB or 1MiB"},
	{"payload: {median: 1.5B}\n", "1:19: payload.median: \"1.5B\" is not a whole number of bytes above 0: a size such as 600B, 2kB, 4KiB or 1MiB"},
	{"payload: {median: 99999999999999999999GiB}\n", "1:19: payload.median: \"99999999999999999999GiB\" is too large: a size such as 600B, 2kB, 4KiB or 1MiB"},
	{"payload: {p99: 4KiB}\n", "1:10: payload.median: is missing: a size from 256B to 16MiB"},
	{"payload: {median: 600B, p99: 1GiB}\n", "1:30: payload.p99: 1GiB is too large: a size from 256B to 16MiB"},
	{"payload: {median: 1e3B}\n", "1:19: payload.median: \"1e3B\" has the unknown unit \"e3B\": the units are B, kB, MB, GB, KiB, MiB, GiB"},

	// Lifetimes.
	{"ttl: 30\n", "1:6: ttl: \"30\" has no unit: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},
	{"ttl: 0s\n", "1:6: ttl: \"0s\" is not above 0: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},
	{"ttl: -5m\n", "1:6: ttl: \"-5m\" is negative: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},
	{"ttl: forever\n", "1:6: ttl: \"forever\" is not understood: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},
	{"ttl: 31d\n", "1:6: ttl: \"31d\" is not understood: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},
	{"ttl: 721h\n", "1:6: ttl: 721h is out of range: a duration from 1ms to 720h, or none"},
	{"ttl: 1us\n", "1:6: ttl: 1µs is out of range: a duration from 1ms to 720h, or none"},
	{"ttl: 9999999999h\n", "1:6: ttl: \"9999999999h\" is out of range: a duration from 1ms to 720h"},
	{"ttl: ~\n", "1:6: ttl: nothing stands here: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},
	{"ttl: [30m]\n", "1:6: ttl: a list stands here: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},

	// Popularity.
	{"popularity: zipf\n", "1:13: popularity: \"zipf\" is no popularity: uniform, or {zipf: 1.05}"},
	{"popularity: {zipf: -1}\n", "1:20: popularity.zipf: -1 is out of range: a number from 0 to 5"},
	{"popularity: {zipf: 6}\n", "1:20: popularity.zipf: 6 is out of range: a number from 0 to 5"},
	{"popularity: {zipf: .nan}\n", "1:20: popularity.zipf: \".nan\" is not a number: a number from 0 to 5"},
	{"popularity: {zipf: 1e999}\n", "1:20: popularity.zipf: 1e999 is out of range: a number from 0 to 5"},
	{"popularity: {zipf: one}\n", "1:20: popularity.zipf: \"one\" is not a number: a number from 0 to 5"},
	{"popularity: {}\n", "1:13: popularity: the mapping is empty: uniform, or {zipf: 1.05}"},
	{"popularity: 1.05\n", "1:13: popularity: \"1.05\" is no popularity: uniform, or {zipf: 1.05}"},

	// Weights.
	{"mix: {}\n", "1:6: mix: no operation has a weight: at least one of login, read, write, logout, expire, anonymous needs more than 0"},
	{"mix: {read: 0}\n", "1:6: mix: no operation has a weight: at least one of login, read, write, logout, expire, anonymous needs more than 0"},
	{"mix: {read: -1}\n", "1:13: mix.read: -1 is out of range: a weight is 0, or a number from 0.000001 to 1000000"},
	{"mix: {read: .inf}\n", "1:13: mix.read: \".inf\" is not a number: a weight is 0, or a number from 0.000001 to 1000000"},
	{"mix: {read: 1e999}\n", "1:13: mix.read: 1e999 is out of range: a weight is 0, or a number from 0.000001 to 1000000"},
	{"mix: {read: 1e300}\n", "1:13: mix.read: 1e+300 is out of range: a weight is 0, or a number from 0.000001 to 1000000"},
	{"mix: {read: 80%}\n", "1:13: mix.read: \"80%\" is not a number: a weight is 0, or a number from 0.000001 to 1000000"},
	{"mix: {read: 1e-300}\n", "1:13: mix.read: 1e-300 is out of range: a weight is 0, or a number from 0.000001 to 1000000"},
	{"mix: read=80\n", "1:6: mix: a single value stands here: a mapping with the keys login, read, write, logout, expire, anonymous"},

	// Times that cannot be none.
	{"expire_after: none\n", "1:15: expire_after: \"none\" is not understood: a duration such as 1500ms, 30s, 30m or 24h"},
	{"expire_after: 0s\n", "1:15: expire_after: is missing or 0: a duration from 1ms to 720h"},
	{"expire_after: 1000h\n", "1:15: expire_after: 1000h is out of range: a duration from 1ms to 720h"},

	// Percentages.
	{"overlap: 101\n", "1:10: overlap: 101 is out of range: a percentage from 0 to 100, without %"},
	{"overlap: -1\n", "1:10: overlap: -1 is out of range: a percentage from 0 to 100, without %"},
	{"overlap: 20%\n", "1:10: overlap: \"20%\" is not a number: a percentage from 0 to 100, without %"},
	{"overlap: .nan\n", "1:10: overlap: \".nan\" is not a number: a percentage from 0 to 100, without %"},

	// Load.
	{"load: {}\n", "1:7: load: has neither rate nor workers: one of rate (open loop) and workers (closed loop)"},
	{"load: {workers: 0}\n", "1:17: load.workers: 0 is out of range: a whole number from 1 to 1000000"},
	{"load: {workers: 1000001}\n", "1:17: load.workers: 1000001 is out of range: a whole number from 1 to 1000000"},
	{"load: {workers: 5, rate: 5/s}\n", "1:26: load.rate: 5/s beside workers 5: one of rate (open loop) and workers (closed loop)"},
	{"load: {workers: 5, arrival: poisson}\n", "1:29: load.arrival: poisson in a closed loop, where the answers pace the workers: only with rate"},
	{"load: {workers: 5, max_in_flight: 5}\n", "1:35: load.max_in_flight: 5 in a closed loop, where workers bound it: only with rate"},
	{"load: {rate: 2000}\n", "1:14: load.rate: \"2000\" does not say in which time: a rate such as 2000/s, 600/m or 60/h"},
	{"load: {rate: 0/s}\n", "1:14: load.rate: \"0/s\" is out of range: a rate such as 2000/s, 600/m or 60/h, from 1/h to 10000000/s"},
	{"load: {rate: 2000/d}\n", "1:14: load.rate: \"2000/d\" is not understood: a rate such as 2000/s, 600/m or 60/h"},
	{"load: {rate: 10000001/s}\n", "1:14: load.rate: 10000001/s is out of range: a rate from 1/h to 10000000/s"},
	{"load: {rate: 0.5/h}\n", "1:14: load.rate: 0.0001388888888888889/s is out of range: a rate from 1/h to 10000000/s"},
	{"load: {rate: 1/s, arrival: posson}\n", "1:28: load.arrival: \"posson\" is no arrival: uniform or poisson"},
	{"load: {rate: 1/s, max_in_flight: 0}\n", "1:34: load.max_in_flight: 0 is out of range: a whole number from 1 to 1000000"},
	{"load: {rate: 1/s..5/s}\n", "1:14: load.rate: \"1/s..5/s\" is a range, and only phases climb: a rate such as 2000/s, 600/m or 60/h"},
	{"load: 64\n", "1:7: load: a single value stands here: a mapping with the keys workers, rate, arrival, max_in_flight"},
	{"load: {rate: -5/s}\n", "1:14: load.rate: \"-5/s\" is not understood: a rate such as 2000/s, 600/m or 60/h"},
	{"load: {rate: 1e5/s}\n", "1:14: load.rate: \"1e5/s\" is not understood: a rate such as 2000/s, 600/m or 60/h"},
	{"load: {rate: .inf}\n", "1:14: load.rate: \".inf\" is not understood: a rate such as 2000/s, 600/m or 60/h"},
	{"load: {rate: 0.00000000000000000000000001/s}\n", "1:14: load.rate: 1e-26/s is out of range: a rate from 1/h to 10000000/s"},

	// Phases.
	{"phases: []\n", "1:9: phases: the list is empty: a list of 1 to 100 phases, such as [{name: calm, rate: 500/s, duration: 10s}]"},
	{"phases: 5\n", "1:9: phases: a single value stands here: a list of 1 to 100 phases, such as [{name: calm, rate: 500/s, duration: 10s}]"},
	{"phases:\n", "1:8: phases: nothing stands here: a list of 1 to 100 phases, such as [{name: calm, rate: 500/s, duration: 10s}]"},
	{"phases: [{name: a, rate: 5/s, duration: 1s}, {name: b, workers: 5, duration: 1s}]\n", "1:46: phases[1]: one phase has a rate, another workers: all with a rate (open loop), or all with workers (closed loop)"},
	{"phases: [{name: a, duration: 1s}]\n", "1:10: phases[0]: has neither rate nor workers: one of rate (open loop) and workers (closed loop)"},
	{"phases: [{rate: 5/s, duration: 1s}]\n", "1:10: phases[0].name: is missing: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first"},
	{"phases: [{name: a, rate: 5/s}]\n", "1:10: phases[0].duration: is missing or 0: a duration from 1ms to 720h"},
	{"phases: [{name: a, rate: 5/s, workers: 5, duration: 1s}]\n", "1:26: phases[0].rate: 5/s beside workers 5: one of rate (open loop) and workers (closed loop)"},
	{"phases: [{name: a, rate: 5/s, duration: 1s}, {name: a, rate: 5/s, duration: 1s}]\n", "1:53: phases[1].name: \"a\" is the name of an earlier phase: each needs its own"},
	{"phases: [{name: a, rate: 5/s.., duration: 1s}]\n", "1:26: phases[0].rate: \"\" is not understood: a rate such as 2000/s, 600/m or 60/h, or a range such as 500/s..4000/s"},
	{"phases: [{name: a, rate: 0/s..5/s, duration: 1s}]\n", "1:26: phases[0].rate: \"0/s\" is out of range: a rate such as 2000/s, 600/m or 60/h, or a range such as 500/s..4000/s, from 1/h to 10000000/s"},
	{"phases: [{name: a, workers: 0..5, duration: 1s}]\n", "1:29: phases[0].workers: 0 is out of range: a whole number from 1 to 1000000, or a range such as 16..256"},
	{"phases: [{name: a, workers: 1..b, duration: 1s}]\n", "1:29: phases[0].workers: \"b\" is not a whole number: a whole number from 1 to 1000000, or a range such as 16..256"},
	{"phases: [{name: a, rate: 5/s, duration: 1s}]\nduration: 2s\n", "2:11: duration: 2s, but the phases last 1s together: leave it out, or give their sum"},
	{"phases: [{name: a, rate: 5/s, duration: 1s}]\nload: {workers: 5}\n", "2:17: load.workers: 5 beside phases, which have their own: give one of the two"},
	{"phases: [{name: a, rate: 5/s, duration: 1s}]\nload: {rate: 5/s}\n", "2:14: load.rate: 5/s beside phases, which have their own: give one of the two"},
	{"phases: [{name: a, workers: 5, duration: 1s}]\nload: {arrival: poisson}\n", "2:17: load.arrival: poisson in a closed loop, where the answers pace the workers: only with rate"},
	{"phases: [{name: a, workers: 5, duration: 700h}, {name: b, workers: 5, duration: 700h}]\n", "1:9: phases: they last 1400h together: at most 720h in all"},
	{"phases: [a]\n", "1:10: phases[0]: a single value stands here: a mapping with the keys name, rate, workers, duration"},
	{"phases: {name: a}\n", "1:9: phases: a mapping stands here: a list of 1 to 100 phases, such as [{name: calm, rate: 500/s, duration: 10s}]"},

	// Middleware: truth values are those of YAML 1.2.
	{"middleware: {login_saves: 3}\n", "1:27: middleware.login_saves: 3 is out of range: a whole number from 1 to 2"},
	{"middleware: {resave: yes}\n", "1:22: middleware.resave: \"yes\" is no truth value: true or false"},
	{"middleware: {touch: 1}\n", "1:21: middleware.touch: \"1\" is no truth value: true or false"},
	{"middleware: {touch: \"true\"}\n", "1:21: middleware.touch: \"true\" in quotes is text: true or false"},
	{"middleware: on\n", "1:13: middleware: a single value stands here: a mapping with the keys login_saves, resave, touch"},
	{"middleware: {touch: True}\n", "1:21: middleware.touch: \"True\" is no truth value: true or false"},

	// Warm-up and duration.
	{"warmup: -1s\n", "1:9: warmup: \"-1s\" is negative: a duration such as 1500ms, 30s, 30m or 24h, or none"},
	{"warmup: 800h\n", "1:9: warmup: 800h is out of range: a duration from 1ms to 720h, or none"},
	{"warmup: 5\n", "1:9: warmup: \"5\" has no unit: a duration such as 1500ms, 30s, 30m or 24h, or none"},
	{"duration: 0s\n", "1:11: duration: is missing or 0: a duration from 1ms to 720h"},
	{"duration: none\n", "1:11: duration: \"none\" is not understood: a duration such as 1500ms, 30s, 30m or 24h"},
	{"duration: 31m31\n", "1:11: duration: \"31m31\" is not understood: a duration such as 1500ms, 30s, 30m or 24h"},

	// Objectives.
	{"objectives: {p99: 20}\n", "1:19: objectives.p99: \"20\" is no limit for it: a time above 0, such as 20ms"},
	{"objectives: {p99: 0s}\n", "1:19: objectives.p99: \"0s\" is no limit for it: a time above 0, such as 20ms"},
	{"objectives: {errors: -1}\n", "1:22: objectives.errors: \"-1\" is no limit for it: a share such as 0.1% or a number such as 0"},
	{"objectives: {errors: 101%}\n", "1:22: objectives.errors: \"101%\" is not a share from 0% to 100%: a share such as 0.1% or a number such as 0"},
	{"objectives: {errors: 0.1}\n", "1:22: objectives.errors: \"0.1\" is no limit for it: a share such as 0.1% or a number such as 0"},
	{"objectives: {lost: none}\n", "1:20: objectives.lost: \"none\" is no limit for it: a share such as 0.1% or a number such as 0"},
	{"objectives: {throughput: 5}\n", "1:26: objectives.throughput: \"5\" is no limit for it: at least a rate, such as 5000/s"},
	{"objectives: {p99: }\n", "1:18: objectives.p99: nothing stands here: a limit such as 20ms, 0.1% or 0"},
	{"objectives: [p99]\n", "1:13: objectives: a list stands here: a mapping with the keys p50, p90, p95, p99, p99.9, max, throughput, errors, violations, lost, stale, resurrected, expired_early, expired_late, fixation, swapped, races"},
	{"objectives: {p99: [1]}\n", "1:19: objectives.p99: a list stands here: a limit such as 20ms, 0.1% or 0"},
	{"objectives: {throughput: 0.1%}\n", "1:26: objectives.throughput: \"0.1%\" is no limit for it: at least a rate, such as 5000/s"},
	{"objectives: {max: .inf}\n", "1:19: objectives.max: \".inf\" is no limit for it: a time above 0, such as 20ms"},

	// Texts.
	{"name: ''\n", "1:7: name: is missing: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first"},
	{"name: a b\n", "1:7: name: \"a b\" is no name: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first"},
	{"name: 123\n", "1:7: name: \"123\" is not text: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first, in quotes"},
	{"name: true\n", "1:7: name: \"true\" is not text: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first, in quotes"},
	{"name: ~\n", "1:7: name: nothing stands here: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first"},
	{"name: [a]\n", "1:7: name: a list stands here: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first"},
	{"name: ../x\n", "1:7: name: \"../x\" is no name: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first"},
	{"description: \"a\\nb\"\n", "1:14: description: \"a\\nb\" does not fit a list: one line of at most 200 characters"},
	{"description: {a: b}\n", "1:14: description: a mapping stands here: one line of at most 200 characters"},

	// Numbers beyond all bounds, and what other programs take for numbers.
	{"sessions: 9223372036854775808\n", "1:11: sessions: 9223372036854775808 is out of range: a whole number from 1 to 50000000"},
	{"sessions: 2147483648\n", "1:11: sessions: 2147483648 is out of range: a whole number from 1 to 50000000"},
	{"sessions: １\n", "1:11: sessions: \"１\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: 1,000\n", "1:11: sessions: \"1,000\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: ''\n", "1:11: sessions: \"\" in quotes is text: a whole number from 1 to 50000000"},
	{"sessions: +5\n", "1:11: sessions: \"+5\" is not a whole number: a whole number from 1 to 50000000"},
	{"sessions: .inf\n", "1:11: sessions: \".inf\" is not a whole number: a whole number from 1 to 50000000"},
	{"payload: {median: 10EiB}\n", "1:19: payload.median: \"10EiB\" has the unknown unit \"EiB\" (did you mean \"KiB\"?): the units are B, kB, MB, GB, KiB, MiB, GiB"},
	{"payload: {median: 4KB}\n", "1:19: payload.median: \"4KB\" has the unknown unit \"KB\" (did you mean \"kB\"?): the units are B, kB, MB, GB, KiB, MiB, GiB"},
	{"payload: {median: 1,000B}\n", "1:19: payload.median: \"1\" has no unit: a size such as 600B, 2kB, 4KiB or 1MiB"},
	{"payload: {median: １B}\n", "1:19: payload.median: \"１B\" is not understood: a size such as 600B, 2kB, 4KiB or 1MiB"},
	{"ttl: 9999999h\n", "1:6: ttl: \"9999999h\" is out of range: a duration from 1ms to 720h"},
	{"ttl: 1e309h\n", "1:6: ttl: \"1e309h\" is not understood: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},
	{"ttl: １s\n", "1:6: ttl: \"１s\" is not understood: a duration such as 1500ms, 30s, 30m or 24h, or none for the store's default"},
	{"overlap: 1e309\n", "1:10: overlap: 1e309 is out of range: a percentage from 0 to 100, without %"},
	{"overlap: .inf\n", "1:10: overlap: \".inf\" is not a number: a percentage from 0 to 100, without %"},
	{"overlap: 0x10\n", "1:10: overlap: \"0x10\" is not a number: a percentage from 0 to 100, without %"},
	{"overlap: 1_0\n", "1:10: overlap: \"1_0\" is not a number: a percentage from 0 to 100, without %"},
	{"popularity: {zipf: 9223372036854775808}\n", "1:20: popularity.zipf: 9223372036854776000 is out of range: a number from 0 to 5"},
	{"load: {workers: 2147483648}\n", "1:17: load.workers: 2147483648 is out of range: a whole number from 1 to 1000000"},
	{"load: {workers: 1e6}\n", "1:17: load.workers: \"1e6\" is not a whole number: a whole number from 1 to 1000000"},
	{"load: {rate: 1e18/s}\n", "1:14: load.rate: \"1e18/s\" is not understood: a rate such as 2000/s, 600/m or 60/h"},
	{"load: {rate: 0.0000001/s}\n", "1:14: load.rate: 1e-07/s is out of range: a rate from 1/h to 10000000/s"},
	{"load: {rate: 9223372036854775808/s}\n", "1:14: load.rate: 9223372036854776000/s is out of range: a rate from 1/h to 10000000/s"},
	{"load: {rate: 1,000/s}\n", "1:14: load.rate: \"1\" does not say in which time: a rate such as 2000/s, 600/m or 60/h"},
	{"load: {rate: 1/s, max_in_flight: 9223372036854775808}\n", "1:34: load.max_in_flight: 9223372036854775808 is out of range: a whole number from 1 to 1000000"},
	{"phases: [{name: a, workers: 1..2147483648, duration: 1s}]\n", "1:29: phases[0].workers: 2147483648 is out of range: a whole number from 1 to 1000000, or a range such as 16..256"},
	{"phases: [{name: a, rate: 1/s..1000000000/s, duration: 1s}]\n", "1:26: phases[0].rate: 1000000000/s is out of range: a rate from 1/h to 10000000/s"},
	{"phases: [{name: a, rate: 1/s, duration: 9999999h}]\n", "1:41: phases[0].duration: \"9999999h\" is out of range: a duration from 1ms to 720h"},
	{"phases: [{name: a, rate: 1/s, duration: 720h}, {name: b, rate: 1/s, duration: 720h}]\n", "1:9: phases: they last 1440h together: at most 720h in all"},
	{"load: {rate: 5/s}\nphases: [{name: a, rate: 1/s, duration: 1s}]\n", "1:14: load.rate: 5/s beside phases, which have their own: give one of the two"},
	{"middleware: {login_saves: 2147483648}\n", "1:27: middleware.login_saves: 2147483648 is out of range: a whole number from 1 to 2"},
	{"objectives: {throughput: 1000000000/s}\n", "1:26: objectives.throughput: \"1000000000/s\" is out of range: a rate from 1/h to 10000000/s"},
	{"objectives: {p99: 9999999h}\n", "1:19: objectives.p99: \"9999999h\" is out of range: a time above 0, such as 20ms, up to 720h"},
	{"objectives: {p99: 721h}\n", "1:19: objectives.p99: \"721h\" is out of range: a time above 0, such as 20ms, up to 720h"},
	{"objectives: {lost: 99999999999999999999}\n", "1:20: objectives.lost: \"99999999999999999999\" is no limit for it: a share such as 0.1% or a number such as 0"},
	{"objectives: {errors: 1e309%}\n", "1:22: objectives.errors: \"1e309%\" is not a share from 0% to 100%: a share such as 0.1% or a number such as 0"},
	{"objectives: {throughput: 0.5/h}\n", "1:26: objectives.throughput: \"0.5/h\" is out of range: a rate from 1/h to 10000000/s"},
	{"a: &a [\"lol\"]\nb: &b [*a, *a]\nc: [*b, *b]\n", "1:4: anchors, aliases and merge keys have no meaning here: write the value out"},
	{"Sessions: 5\n", "1:1: unknown key \"Sessions\" (did you mean \"sessions\"?): allowed are name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},

	// Parts of YAML that have no use here.
	{"a: &x 1\n", "1:4: anchors, aliases and merge keys have no meaning here: write the value out"},
	{"name: *x\n", "1:7: anchors, aliases and merge keys have no meaning here: write the value out"},
	{"mix: &m {read: 1}\nload: *m\n", "1:6: anchors, aliases and merge keys have no meaning here: write the value out"},
	{"<<: {name: a}\n", "1:1: anchors, aliases and merge keys have no meaning here: write the value out"},
	{"name: !!str a\n", "1:7: tags have no meaning here: write the value without \"!!str\""},
	{"%YAML 1.2\n---\nname: a\n", "1:1: directives have no meaning here: start with the first key"},
	{"? name\n: a\n", "1:1: a key after a question mark: write key: value"},
	{"a: &a [*a]\n", "1:4: anchors, aliases and merge keys have no meaning here: write the value out"},

	// No YAML.
	{"mix:\n\tread: 1\n", "2:1: a tab indents this line: YAML indents with spaces"},
	{"\tname: a\n", "1:1: a tab indents this line: YAML indents with spaces"},
	{"name: a: b\n", "1:7: the file is not YAML: mapping value is not allowed in this context"},
	{"mix: {read: 1\nname: a\n", "2:1: the file is not YAML: ',' or '}' must be specified"},
	{"name: @a\n", "1:7: the file is not YAML: '@' is a reserved character"},
	{"name: a\n sessions: 5\n", "1:7: the file is not YAML: mapping value is not allowed in this context"},
	{"payload: [1,\n", "1:10: the file is not YAML: sequence end token ']' not found"},
	{"name: \"abc\n", "1:7: the file is not YAML: could not find end character of double-quoted text"},
	{"name: a\n  - b\n", "2:6: name: \"a - b\" is no name: 1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first"},
	{"mix: [[[[[[[[[[[[[[[[[[[[[[[[[\n", "1:22: values nested this deep: a scenario needs 3 levels"},
	{"- - - - - - - - - - - - - - - - - - - - - -\n", "1:33: values nested this deep: a scenario needs 3 levels"},
	{"name: 'a\n", "1:7: the file is not YAML: could not find end character of single-quoted text"},
	{": 1\n", "1:1: the file is not YAML: unexpected key name"},
	{"name:a\n", "1:1: a single value stands here: a mapping with the keys name, description, sessions, payload, ttl, popularity, mix, expire_after, overlap, load, phases, middleware, warmup, duration, objectives"},

	// Positions count characters, whatever the line ends.
	{"name: a\r\nsessions: 0\r\n", "2:11: sessions: 0 is out of range: a whole number from 1 to 50000000"},
	{"description: é é\nmix: {é: 1}\n", "2:7: mix: unknown key \"é\": allowed are login, read, write, logout, expire, anonymous"},
}

func TestParseAnswersAMistakeWithItsPositionAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, m := range mistakes {
		s, err := Parse("f.yaml", []byte(m.text))
		if err == nil {
			t.Errorf("Parse(%q) = %+v, want the error %s", m.text, s, m.want)
			continue
		}
		if got := strings.TrimPrefix(err.Error(), "f.yaml:"); got != m.want {
			t.Errorf("Parse(%q)\n got %s\nwant %s", m.text, got, m.want)
		}
		var mistake *Error
		if !errors.As(err, &mistake) {
			t.Errorf("Parse(%q) gives a %T, want an *Error", m.text, err)
		}
	}
}

func TestParseLimitsPhasesDescriptionsAndSize(t *testing.T) {
	t.Parallel()
	phases := func(n int) string {
		var text strings.Builder
		text.WriteString("phases:\n")
		for i := range n {
			fmt.Fprintf(&text, "  - {name: p%d, rate: 5/s, duration: 1s}\n", i)
		}
		return text.String()
	}
	const entriesForm = "more than 5000 keys and items up to here: a scenario has at most 100 phases and some dozen keys"
	for _, c := range []struct{ what, text, want string }{
		{"100 phases", phases(100), ""},
		{"ten thousand phases", phases(10_000), "f.yaml:835:10: " + entriesForm},
		{"ten thousand phases in blocks", "phases:\n" + strings.Repeat("  - name: a\n    rate: 5/s\n    duration: 1s\n", 10_000), "f.yaml:3751:13: " + entriesForm},
		{"a hundred thousand keys", strings.Repeat("a:\n", 100_000), "f.yaml:5001:2: " + entriesForm},
		{"half a million items", "phases: [" + strings.Repeat("a,", 500_000) + "]", "f.yaml:1:10009: " + entriesForm},
		{"a key that fills the file", strings.Repeat("x", MaxFileSize-4) + ": 1\n", `f.yaml:1:1: unknown key "` + strings.Repeat("x", 40) + `…": allowed are `},
		{"101 phases", phases(101), "f.yaml:102:5: phases[100]: 101 items in the list: a list of 1 to 100 phases, such as [{name: calm, rate: 500/s, duration: 10s}]"},
		{"a long description", "description: " + strings.Repeat("x", 201), `f.yaml:1:14: description: "` + strings.Repeat("x", 40) + `…" does not fit a list: one line of at most 200 characters`},
		{"the longest description", "description: " + strings.Repeat("é", 200), ""},
		{"1 MiB", "name: a\n" + strings.Repeat("#", MaxFileSize-8), ""},
		{"more than 1 MiB", "name: a\n" + strings.Repeat("#", MaxFileSize-7), "f.yaml:1:1: the file is too large for a scenario: at most 1MiB"},
		{"a name that fills the file", "name: " + strings.Repeat("x", MaxFileSize-6), `f.yaml:1:7: name: "` + strings.Repeat("x", 40) + `…" is no name: ` + nameForm},
		{"deep nesting on one line", "mix: " + strings.Repeat("[", MaxFileSize-5), "f.yaml:1:22: values nested this deep: a scenario needs 3 levels"},
		{"deep nesting over lines", "mix: " + strings.Repeat("{\n", 100000), "f.yaml:17:1: values nested this deep: a scenario needs 3 levels"},
		{"deep lists on one line", strings.Repeat("- ", 100000), "f.yaml:1:33: values nested this deep: a scenario needs 3 levels"},
	} {
		got := ""
		if _, err := Parse("f.yaml", []byte(c.text)); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}
