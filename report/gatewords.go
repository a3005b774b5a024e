package report

import (
	"fmt"
	"strconv"
)

// probability writes a chance with two significant digits.
func probability(p float64) string { return strconv.FormatFloat(p, 'g', 2, 64) }

func (g *gateCase) basisInWords() string { return "" }

func (v *GateVerdict) outcomeInWords() string { return fmt.Sprint(v.Outcome) }

func (g *gateCase) remedy(v *GateVerdict) string { return "" }
