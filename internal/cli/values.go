package cli

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/pflag"
)

// bounded is the value of a flag that takes a number or a time within bounds.
// pflag's own take 010 for 8, 1_000 for 1000, and NaN.
type bounded[T cmp.Ordered] struct {
	into        *T
	least, most T
	read        func(string) (T, error)
	form        string // what it takes: "a whole number from 1 to 10"
}

var _ pflag.Value = (*bounded[int])(nil)

func (b *bounded[T]) Set(text string) error {
	v, err := b.read(text)
	if err != nil || v < b.least || v > b.most {
		return errors.New("not " + b.form)
	}
	*b.into = v
	return nil
}

// String is the default in a help text, which has none where it is "0".
func (b *bounded[T]) String() string {
	var zero T
	if *b.into == zero {
		return "0"
	}
	return fmt.Sprint(*b.into)
}

// Type is not shown: each flag's usage names what it takes.
func (b *bounded[T]) Type() string { return "value" }

func whole[T int | uint64](p *pflag.FlagSet, into *T, name string, least, most T, usage string) {
	read := func(text string) (T, error) {
		if !digits.MatchString(text) {
			return 0, strconv.ErrSyntax
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n > uint64(most) {
			return 0, strconv.ErrRange
		}
		return T(n), nil
	}
	p.Var(&bounded[T]{into, least, most, read, fmt.Sprintf("a whole number from %d to %d", least, most)}, name, usage)
}

func decimal(p *pflag.FlagSet, into *float64, name string, least, most float64, usage string) {
	p.Var(&bounded[float64]{into, least, most, parseDecimal, fmt.Sprintf("a number from %g to %g", least, most)}, name, usage)
}

func duration(p *pflag.FlagSet, into *time.Duration, name string, least, most time.Duration, usage string) {
	form := fmt.Sprintf("a duration from %s to %gh, such as 500ms or 30s", least, most.Hours())
	p.Var(&bounded[time.Duration]{into, least, most, time.ParseDuration, form}, name, usage)
}

var (
	digits   = regexp.MustCompile(`^[0-9]+$`)
	decimals = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

// parseDecimal reads a number as people write it: no 0x10, no 1e3, no NaN.
func parseDecimal(text string) (float64, error) {
	if !decimals.MatchString(text) {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(text, 64)
}
