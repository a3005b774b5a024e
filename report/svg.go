package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// writeSVG draws latency by percentile as a picture of its own, for a page that shows
// one, such as a README.
func writeSVG(w io.Writer, c *Comparison, _ Style) error {
	var curves []curve
	for _, r := range c.Results[:min(len(c.Results), mostDrawn)] {
		drawn, err := curveOf(r)
		if err != nil {
			return err
		}
		curves = append(curves, drawn)
	}
	f := curveFigure(c, curves)
	if f == nil {
		return errors.New("svg: there is nothing to draw, as nothing succeeded")
	}
	head, body, _ := strings.Cut(string(f.Wide), ">")
	_, err := fmt.Fprintf(w, `%s xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" style="background: var(--paper)"><style><![CDATA[%s]]></style>%s`+"\n",
		head, pageStyle, body)
	return err
}
