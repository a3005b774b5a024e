package results

// WithTheLastUnit is why a round has no figure that is known of all units of a sliced
// run together: the last unit's round has it.
const WithTheLastUnit = "known of all units together, the last one has it"

// known are the parts without those whose figure is with the last unit's.
func known(rounds []Round, figure string) []*Figures {
	var parts []*Figures
	for i := range rounds {
		if rounds[i].Unavailable[figure] != WithTheLastUnit {
			parts = append(parts, &rounds[i].Figures)
		}
	}
	return parts
}
