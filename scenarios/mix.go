package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sessionbench/bench/drivers"
)

// Kind is a kind of operation.
type Kind uint8

// The operations.
const (
	Login Kind = iota
	Read
	Write
	Logout
	Expire
	Anonymous
	NumKinds int = iota
)

var kindNames = [NumKinds]string{"login", "read", "write", "logout", "expire", "anonymous"}

// String gives the operation's name as scenarios and results spell it.
func (k Kind) String() string { return kindNames[k] }

// Kinds lists every operation.
func Kinds() []Kind { return []Kind{Login, Read, Write, Logout, Expire, Anonymous} }

// Mix holds the weight of each operation, of any sum. A logout needs a login:
// users that were logged out log in on their next request, and those logins are
// part of the login weight, so that the mix that runs is the one asked for as
// long as login's weight is at least logout's.
type Mix [NumKinds]float64

// ParseMix reads the form of the flag: "read=80,write=12,login=8". Operations
// that are not named have no weight. The error names the operation.
func ParseMix(text string) (Mix, error) {
	var m Mix
	var seen [NumKinds]bool
	for pair := range strings.SplitSeq(text, ",") {
		name, weight, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok {
			return Mix{}, fmt.Errorf("%s is not OPERATION=WEIGHT: such as read=80,write=12,login=8", quote(pair))
		}
		k, err := kindNamed(name)
		if err != nil {
			return Mix{}, err
		}
		if seen[k] {
			return Mix{}, fmt.Errorf("%s is given twice: one weight an operation", name)
		}
		seen[k] = true
		if m[k], err = parseNumber(weight, weightForm); err != nil {
			return Mix{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return m, m.check("")
}

func kindNamed(name string) (Kind, error) {
	if i := slices.Index(kindNames[:], name); i >= 0 {
		return Kind(i), nil
	}
	return 0, fmt.Errorf("unknown operation %s%s: allowed are %s", quote(name), drivers.DidYouMean(name, kindNames[:]), strings.Join(kindNames[:], ", "))
}

// The bounds of a weight other than 0 keep sums and quotients of weights finite.
const (
	minWeight  = 1e-6
	maxWeight  = 1e6
	weightForm = "a weight is 0, or a number from 0.000001 to 1000000"
)

// check tells what is wrong with the weights; field is the mix's own name, or
// empty to name the operation alone.
func (m Mix) check(field string) error {
	var sum float64
	for k, weight := range m {
		if weight != 0 && !(weight >= minWeight && weight <= maxWeight) {
			return wrong(join(field, kindNames[k]), "%s is out of range: %s", formatNumber(weight), weightForm)
		}
		sum += weight
	}
	if sum == 0 {
		return wrong(field, "no operation has a weight: at least one of %s needs more than 0", strings.Join(kindNames[:], ", "))
	}
	return nil
}

// String is the form of the flag, without the operations that have no weight.
func (m Mix) String() string {
	var parts []string
	for k, weight := range m {
		if weight != 0 {
			parts = append(parts, kindNames[k]+"="+formatNumber(weight))
		}
	}
	return strings.Join(parts, ",")
}

// MarshalJSON gives an object, without the operations that have no weight.
func (m Mix) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for k, weight := range m {
		if weight == 0 {
			continue
		}
		text, err := json.Marshal(weight)
		if err != nil {
			return nil, fmt.Errorf("weight of %s: %w", kindNames[k], err)
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, `"`+kindNames[k]+`":`...), text...)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Mix) UnmarshalJSON(data []byte) error {
	var weights map[string]float64
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&weights); err != nil {
		return fmt.Errorf("mix: %w", err)
	}
	*m = Mix{}
	for name, weight := range weights {
		k, err := kindNamed(name)
		if err != nil {
			return fmt.Errorf("mix: %w", err)
		}
		m[k] = weight
	}
	return nil
}
