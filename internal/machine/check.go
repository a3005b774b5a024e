package machine

// Check is one fact about a machine, and what is to be made of it.
type Check struct {
	Name     string    `json:"name"`               // such as "open files"
	Fact     Fact      `json:"fact"`               // null when it is unknown
	Figure   string    `json:"figure"`             // the fact in a few words, or why it is unknown
	Verdict  Verdict   `json:"verdict"`            // the worst of its troubles'
	Troubles []Trouble `json:"troubles,omitempty"` // none when it does no harm
}

// Fact is what a check found: a struct of figures, each with its unit.
type Fact interface {
	// Figure is the fact in a few words, with units.
	Figure() string
	// Troubles says what it does to a run here. It is a pure function of the fact.
	Troubles() []Trouble
}

// Trouble is what a fact does to a run here.
type Trouble struct {
	Verdict Verdict `json:"verdict"` // Look or Distorts
	Text    string  `json:"text"`    // what it does, and what to do about it
}

// Verdict says what a fact means for a run.
type Verdict string

// The verdicts.
const (
	OK       Verdict = "ok"       // it does no harm
	Look     Verdict = "look"     // it distorts some runs
	Distorts Verdict = "distorts" // it distorts runs here now
	Unknown  Verdict = "unknown"  // it could not be read or measured
)

func newCheck(name string, fact Fact, err error) Check {
	if err != nil {
		return Check{Name: name, Figure: err.Error(), Verdict: Unknown}
	}
	c := Check{Name: name, Fact: fact, Figure: fact.Figure(), Verdict: OK, Troubles: fact.Troubles()}
	for _, t := range c.Troubles {
		if c.Verdict != Distorts {
			c.Verdict = t.Verdict
		}
	}
	return c
}

// graded is the trouble of a figure that should be at least enough: below little
// it distorts, and between the two it may. There is none from enough on.
func graded(figure, little, enough float64, text string) []Trouble {
	switch {
	case figure < little:
		return []Trouble{{Distorts, text}}
	case figure < enough:
		return []Trouble{{Look, text}}
	}
	return nil
}

// gradedAbove is the trouble of a figure that should be at most fine: above it the
// figure may distort, and above much it does.
func gradedAbove(figure, fine, much float64, text string) []Trouble {
	return graded(-figure, -much, -fine, text)
}
