package report

import (
	"encoding/json"
	"io"
)

// writeJSON writes the comparison as one document.
func writeJSON(w io.Writer, c *Comparison, _ Style) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(c)
}
