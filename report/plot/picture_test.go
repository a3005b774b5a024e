package plot

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// square is a picture whose figures are its pixels, but that Y rises.
func square() *Picture {
	return &Picture{
		ID: "p", Title: "a square", Width: 100, Height: 100, Frame: Frame{Width: 100, Height: 100},
		X: Linear{0, 100}, Y: Linear{0, 100},
	}
}

var nan = math.NaN()

func TestLinesHaveGapsAndNothingThatIsNotNeeded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		points []Point
		want   string
	}{
		{"none", nil, ""},
		{"nothing but gaps", []Point{{nan, 1}, {1, nan}}, ""},
		{"two", []Point{{0, 100}, {10, 90}}, "m0 0 10 10"},
		{"up and back", []Point{{10, 50}, {20.5, 60.25}, {5, 50}}, "m10 50 10.5-10.2-15.5 10.2"},
		{"a gap", []Point{{0, 0}, {10, 0}, {20, nan}, {30, 0}, {40, 10}}, "m0 100 10 0m20 0 10-10"},
		{"one alone", []Point{{0, 0}, {10, nan}, {20, 0}}, "m0 100h0m20 0h0"},
		{"level", []Point{{0, 0}, {10, 0}, {20, 0}, {30, 0}, {40, 5}}, "m0 100 30 0 10-5"},
	} {
		p := square()
		p.Line("l", c.points)
		want := ""
		if c.want != "" {
			want = `<path class="l" d="` + c.want + `"/>`
		}
		if got := p.body.String(); got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
}

func TestBandsGoThereAndBackBetweenGaps(t *testing.T) {
	t.Parallel()
	p := square()
	p.Band("b", []Point{{0, 10}, {10, 10}, {20, nan}, {30, 10}, {40, 10}}, []Point{{0, 30}, {10, 40}, {20, 50}, {30, 30}, {40, 30}})
	want := `<path class="b" d="m0 70 10-10 0 30-10 0zm30 0 10 0 0 20-10 0z"/>`
	if got := p.body.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What is rounded off does not add up over a long path.
func TestRelativePlacesDoNotDrift(t *testing.T) {
	t.Parallel()
	p := square()
	var points []Point
	for i := range 1000 {
		points = append(points, Point{float64(i) / 10.03, 50 + 30*math.Sin(float64(i))})
	}
	p.Line("l", points)
	d := regexp.MustCompile(`d="m([^"]*)"`).FindStringSubmatch(p.body.String())[1]
	x, y := 0.0, 0.0
	numbers := regexp.MustCompile(`-?[0-9]*\.?[0-9]+`).FindAllString(d, -1)
	if len(numbers) != 2*len(points) {
		t.Fatalf("%d numbers for %d points", len(numbers), len(points))
	}
	for i := range points {
		dx, _ := strconv.ParseFloat(numbers[2*i], 64)
		dy, _ := strconv.ParseFloat(numbers[2*i+1], 64)
		x, y = x+dx, y+dy
		if math.Abs(x-p.PlaceX(points[i].X)) > .051 || math.Abs(y-p.PlaceY(points[i].Y)) > .051 {
			t.Fatalf("point %d is drawn at %v, %v", i, x, y)
		}
	}
}

func TestPointsCanBeReachedAndSayTheirFigure(t *testing.T) {
	t.Parallel()
	p := square()
	p.Named("point", 1, Point{50, 50}, "fifty")
	p.Named("point", 1, Point{nan, 50}, "nowhere")
	want := `<path class="point" d="M46.8 46.8h6.4v6.4h-6.4z" tabindex="0" role="img"><title>fifty</title></path>`
	if got := p.body.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTextIsTextAndThePictureHasATitle(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert(1)</script>&'`
	p := square()
	p.ID, p.Title = hostile, hostile
	p.YAxis(func(float64) string { return hostile })
	p.XAxis(func(float64) string { return hostile })
	p.Text(hostile, 0, 0, hostile)
	p.Line(hostile, []Point{{0, 0}, {1, 1}})
	p.Band(hostile, []Point{{0, 0}, {1, 1}}, []Point{{0, 0}, {1, 1}})
	p.Dots(hostile, []Point{{0, 0}})
	p.Span(hostile, 0, 1, hostile)
	p.Rule(hostile, 1, hostile)
	p.Upright(hostile, 1)
	p.Mark(hostile, 1, hostile)
	p.Bar(hostile, 0, 1, 0, 1, hostile)
	p.Whisker(hostile, 0, 1, 1)
	p.Named(hostile, 0, Point{}, hostile)
	p.NamedAt(hostile, 0, 0, 0, hostile)
	p.Leader(hostile, 0, 0, 1, 1)
	p.Key(hostile, 0, 0, hostile)
	svg := string(p.SVG())
	if strings.Contains(svg, "<script") || strings.Contains(svg, `"">`) {
		t.Errorf("a script passed: %s", svg)
	}
	if !strings.HasPrefix(svg, `<svg viewBox="0 0 100 100" role="group" aria-labelledby="&#34;`) {
		t.Errorf("the title is not the picture's: %s", svg[:120])
	}
	for _, tag := range regexp.MustCompile(`<[^<>]*>`).FindAllString(svg, -1) {
		if strings.Count(tag, `"`)%2 != 0 {
			t.Errorf("a quote is left open: %s", tag)
		}
	}
}

func TestShapesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range Shapes {
		seen[Shape(i, 0, 0)] = true
	}
	if len(seen) != Shapes {
		t.Errorf("%d different shapes, want %d", len(seen), Shapes)
	}
	if Shape(Shapes, 0, 0) != Shape(0, 0, 0) {
		t.Error("shapes are not counted on in a circle")
	}
}
