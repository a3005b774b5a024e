// Package browser opens comparisons as HTML in a browser, and holds them to what a
// page must be on a desk and on a phone, in light and in dark: quiet, whole without a
// network, no wider than the screen, and open to everybody.
package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// chromium starts the browser that a test's tabs are in, or skips the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		drivertest.Missing(t, "chromium", "apt-get install chromium")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.WSURLReadTimeout(time.Minute))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// tab is a tab of the browser, with what its page said and asked for.
type tab struct {
	context.Context
	mu    sync.Mutex
	heard []string
}

func open(t *testing.T, browser context.Context) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	here := &tab{Context: ctx}
	if err := chromedp.Listen(ctx, here.listen); err != nil {
		t.Fatal(err)
	}
	call(t, here, network.Enable, network.EnableParams{})
	call(t, here, log.Enable, cdp.Empty{})
	call(t, here, runtime.Enable, cdp.Empty{})
	return here
}

// listen keeps what the page says, and what it asks for but for itself.
func (t *tab) listen(event any) {
	said := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		said = "the console: " + string(e.Type)
	case *runtime.EventExceptionThrown:
		said = "an exception: " + e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		said = "the log: " + e.Entry.Text
	case *network.EventRequestWillBeSent:
		if e.Type != network.ResourceTypeDocument || !strings.HasPrefix(e.Request.URL, "file:") {
			said = "a request: " + e.Request.URL
		}
	}
	if said != "" {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.heard = append(t.heard, said)
	}
}

func call[P, R any](test *testing.T, t *tab, command cdp.Command[P, R], params P) {
	test.Helper()
	if _, err := chromedp.Call(t, command, params); err != nil {
		test.Fatalf("%s: %v", command.Method, err)
	}
}

// visit opens a page as who looks at it so sees it.
func (t *tab) visit(test *testing.T, path string, s setting) {
	test.Helper()
	call(test, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: s.width, Height: 844, DeviceScaleFactor: 1, Mobile: s.width < 500})
	call(test, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}}})
	if err := chromedp.Do(t, chromedp.Navigate("file://"+path)); err != nil {
		test.Fatal(err)
	}
}

// value is what an expression comes to in the page.
func value[T any](test *testing.T, t *tab, expression string) T {
	test.Helper()
	v, err := chromedp.Run(t, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		test.Fatal(err)
	}
	return v
}

// pages are those that the golden tests of the package report keep, and one of forty
// targets.
func pages(t *testing.T) (paths []string) {
	t.Helper()
	kept, err := filepath.Glob("../testdata/*.html")
	if err != nil || len(kept) == 0 {
		t.Fatalf("no page in ../testdata: %v", err)
	}
	for _, path := range kept {
		if path, err = filepath.Abs(path); err != nil {
			t.Fatal(err)
		}
		if _, err := os.ReadFile(path); err != nil { // so that go test knows what it depends on
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return append(paths, forty(t))
}

const fortyPage = "forty.html"

// forty draws a page of forty targets.
func forty(t *testing.T) string {
	t.Helper()
	var all []*results.Result
	for i := range 40 {
		all = append(all, resultstest.Build(resultstest.Spec{Label: fmt.Sprintf("target %d", i), Seconds: 2, PerSecond: float64(1000 + 100*i)}))
	}
	c, err := report.Compare(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.Write(&text, "html", c, report.Style{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), fortyPage)
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// axe is the source of axe-core, installed from npm as locked, or skips the test.
func axe(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		content, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), content, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command("npm", "ci", "--prefer-offline", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		drivertest.Missing(t, "axe", "install npm; npm ci: "+err.Error()+"\n"+string(out))
	}
	source, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// setting is a screen.
type setting struct {
	name   string
	width  int64
	scheme string
}

// settings are how people look at a page.
var settings = []setting{
	{"1280-light", 1280, "light"},
	{"1280-dark", 1280, "dark"},
	{"390-light", 390, "light"},
	{"390-dark", 390, "dark"},
}

const (
	overflow = `document.documentElement.scrollWidth - innerWidth`
	unfold   = `document.querySelectorAll("details").forEach(d => d.open = true)`
	check    = `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(
		v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " " + n.failureSummary).join(" | "))))`
)

func TestPagesAreQuietFitTheScreenAndShutNobodyOut(t *testing.T) {
	t.Parallel()
	browser, source := chromium(t), axe(t)
	for _, path := range pages(t) {
		for i, s := range settings {
			if filepath.Base(path) == fortyPage && i%3 > 0 { // the first and the last: it takes the longest
				continue
			}
			t.Run(filepath.Base(path)+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				here := open(t, browser)
				here.visit(t, path, s)
				if by := value[float64](t, here, overflow); by > 0 {
					t.Errorf("the page is wider than the screen by %v pixels", by)
				}
				keepScreenshot(t, here, filepath.Base(path)+"-"+s.name)
				value[chromedp.Void](t, here, unfold)
				if by := value[float64](t, here, overflow); by > 0 {
					t.Errorf("with all details open the page is wider than the screen by %v pixels", by)
				}
				value[chromedp.Void](t, here, source)
				var violations []string
				if err := json.Unmarshal([]byte(value[string](t, here, check)), &violations); err != nil {
					t.Fatal(err)
				}
				for _, v := range violations {
					t.Error(v)
				}
				here.mu.Lock()
				defer here.mu.Unlock()
				for _, what := range here.heard {
					t.Error(what)
				}
			})
		}
	}
}

// keepScreenshot leaves a picture of the whole page in the folder that
// BENCH_SCREENSHOTS names, for who wants to see it.
func keepScreenshot(t *testing.T, here *tab, name string) {
	t.Helper()
	dir := os.Getenv("BENCH_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(here, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPointsSayTheirFiguresByKeyboardAndPointer(t *testing.T) {
	t.Parallel()
	here := open(t, chromium(t))
	here.visit(t, named(t, "three.html"), settings[0])
	const state = `(() => { const a = document.activeElement, p = a.closest(".plot");
		return [a.getAttribute("aria-label") ?? "", p?.querySelector(".readout:not([hidden])")?.textContent ?? ""] })()`
	value[chromedp.Void](t, here, `document.querySelector("#latency-1").closest("svg").querySelector("[tabindex='0']").focus()`)
	first := value[[]string](t, here, state)
	if err := chromedp.Do(here, chromedp.KeyEvent(kb.ArrowRight)); err != nil {
		t.Fatal(err)
	}
	second := value[[]string](t, here, state)
	for _, s := range [][]string{first, second} {
		if !strings.Contains(s[0], "p99") || s[0] != s[1] {
			t.Errorf("the point %q has the readout %q", s[0], s[1])
		}
	}
	if first[0] == second[0] {
		t.Errorf("the arrow key left the focus at %q", first[0])
	}
	if err := chromedp.Do(here, chromedp.ScrollIntoView(chromedp.CSS("#percentiles"))); err != nil {
		t.Fatal(err)
	}
	at := value[[]float64](t, here, `(() => { const r = document.querySelector("#percentiles-wide").closest("svg").querySelector(".point").getBoundingClientRect();
		return [r.x + r.width / 2 + 5, r.y + r.height / 2 + 5] })()`)
	if err := chromedp.Do(here, chromedp.MouseEvent(chromedp.MouseMoved, at[0], at[1])); err != nil {
		t.Fatal(err)
	}
	if said := value[string](t, here, `document.querySelector(".readout:not([hidden])")?.textContent ?? ""`); !strings.Contains(said, "redis, 50 %: ") {
		t.Errorf("near the pointer it says %q", said)
	}
	stops := value[int](t, here, `document.querySelector("#latency-1").closest("svg").querySelectorAll("[tabindex='0']").length`)
	if stops != 1 {
		t.Errorf("a picture is %d stops of the Tab key, want 1", stops)
	}
}

func TestWithoutScriptsEachPointIsAStopAndHasATitle(t *testing.T) {
	t.Parallel()
	here := open(t, chromium(t))
	call(t, here, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	here.visit(t, named(t, "three.html"), settings[0])
	missing := value[[]int](t, here, `(() => { const all = [...document.querySelectorAll(".plot [tabindex]")];
		return [all.length, all.filter(p => p.tabIndex !== 0 || !p.querySelector("title") && p.localName !== "g").length] })()`)
	if missing[0] < 20 || missing[1] != 0 {
		t.Errorf("%d of %d points are out of reach", missing[1], missing[0])
	}
}

// paperWidth is that of A4 within the page's margins, in pixels.
const paperWidth = 703

// Forty columns are more than any paper has room for.
func TestPagesPrint(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	for _, path := range pages(t) {
		here := open(t, browser)
		here.visit(t, path, setting{width: paperWidth, scheme: "dark"})
		pdf, err := chromedp.Run(here, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
		if err != nil {
			t.Fatal(err)
		}
		if len(pdf) < 10_000 {
			t.Errorf("%s: %d bytes of PDF", filepath.Base(path), len(pdf))
		}
		if dir := os.Getenv("BENCH_SCREENSHOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)+".pdf"), pdf, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		call(t, here, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		if paper := value[string](t, here, `getComputedStyle(document.body).backgroundColor`); paper != "rgb(255, 255, 255)" {
			t.Errorf("%s: printed on %s", filepath.Base(path), paper)
		}
		if by := value[float64](t, here, overflow); by > 0 && filepath.Base(path) != "forty.html" {
			t.Errorf("%s: what is printed is wider than the paper by %v pixels", filepath.Base(path), by)
		}
		keepScreenshot(t, here, filepath.Base(path)+"-print")
	}
}

// named is one of the pages.
func named(t *testing.T, name string) string {
	t.Helper()
	all := pages(t)
	i := slices.IndexFunc(all, func(path string) bool { return filepath.Base(path) == name })
	if i < 0 {
		t.Fatalf("there is no page %s", name)
	}
	return all[i]
}
