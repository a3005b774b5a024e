package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
)

// The page's parts. The page states the hashes of its style and its script as all
// that may act in it, so that nothing else can, whatever text it shows, and that it
// may fetch nothing.
var (
	//go:embed page/page.html
	pageText string
	//go:embed page/style.css
	pageStyle string
	//go:embed page/script.js
	pageScript string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// writeHTML draws the comparison as one page that needs no other file: the answer and
// a short table, what went wrong, pictures with the tables of what they show, and
// then everything that is known.
func writeHTML(w io.Writer, c *Comparison, s Style) error {
	p, err := newPage(c)
	if err != nil {
		return err
	}
	p.Refresh = s.Refresh
	return pageTemplate.Execute(w, p)
}

// sourceHash names a style or a script in a Content-Security-Policy.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
