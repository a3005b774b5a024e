package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxFileSize is the size in bytes of the largest scenario file that is read.
const MaxFileSize = 1 << 20

// The YAML parser recurses, and its time grows with the square of the depth and
// of the number of keys and items. Both are far beyond a scenario's: a hundred
// phases have 900.
const (
	maxNesting = 16
	maxEntries = 5000
)

// position is a place in a file, counted from 1, columns in characters.
type position struct{ line, column int }

func positionOf(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// document is one YAML file and where its values stand, by path.
type document struct {
	file string
	text string
	at   map[string]position
}

// splitLines ends a line where the YAML parser does.
func splitLines(text string) []string {
	return strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
}

// within moves a position into the text: what is missing at the end of a line
// stands right behind it.
func (d *document) within(at position) position {
	lines := splitLines(d.text)
	at.line = min(at.line, len(lines))
	at.column = min(at.column, utf8.RuneCountInString(lines[at.line-1])+1)
	return at
}

func (d *document) wrong(at position, format string, args ...any) error {
	at = d.within(at)
	return &Error{File: d.file, Line: at.line, Column: at.column, Msg: fmt.Sprintf(format, args...)}
}

// locate gives a field's mistake the position of that field, or of the nearest
// value around it.
func (d *document) locate(err error) error {
	var mistake *fieldError
	if !errors.As(err, &mistake) {
		return err
	}
	for path := mistake.field; path != ""; {
		if at, ok := d.at[path]; ok {
			return d.wrong(at, "%s", mistake)
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return d.wrong(d.at[""], "%s", mistake)
}

// open reads the text's one YAML document.
func (d *document) open() (value, error) {
	if err := d.checkText(); err != nil {
		return value{}, err
	}
	tokens := lexer.Tokenize(d.text)
	if err := d.checkTokens(tokens); err != nil {
		return value{}, err
	}
	// Duplicate keys are found in mapping, which words them as all other mistakes.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return value{}, d.syntax(err)
	}
	if len(file.Docs) > 1 {
		return value{}, d.wrong(d.startOf(file.Docs[1]), "a second document starts here: one scenario a file")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return value{}, d.wrong(position{1, 1}, "there is nothing in the file: a scenario, such as `bench scenarios show web` prints")
	}
	root := value{d, "", file.Docs[0].Body}
	d.at[""] = root.position()
	return root, nil
}

func (d *document) startOf(doc *ast.DocumentNode) position {
	if doc.Start == nil && doc.Body != nil { // after the "..." that ended the first
		return value{d, "", doc.Body}.position()
	}
	return positionOf(doc.Start)
}

func tooLarge(file string) error {
	return &Error{File: file, Line: 1, Column: 1, Msg: "the file is too large for a scenario: at most 1MiB"}
}

// checkText refuses what is no text, and cuts off a byte order mark.
func (d *document) checkText() error {
	if len(d.text) > MaxFileSize {
		return tooLarge(d.file)
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if strings.HasPrefix(d.text, mark) {
			return d.wrong(position{1, 1}, "the file is UTF-16: save it as UTF-8")
		}
	}
	d.text = strings.TrimPrefix(d.text, "\ufeff")
	for i, line := range splitLines(d.text) {
		if column, what := notText(line); what != "" {
			return d.wrong(position{i + 1, column}, "%s: a scenario is a text file", what)
		}
	}
	return nil
}

// notText finds the first of what no text has.
func notText(line string) (column int, what string) {
	for i, r := range line {
		column++
		if _, size := utf8.DecodeRuneInString(line[i:]); r == utf8.RuneError && size == 1 {
			return column, fmt.Sprintf("byte 0x%02x is not UTF-8", line[i])
		}
		if r == 0x7f || r < ' ' && r != '\t' {
			return column, fmt.Sprintf("control character U+%04X", r)
		}
	}
	return 0, ""
}

// checkTokens refuses the parts of YAML that scenarios have no use for, so that
// what stands in a file is what it means.
func (d *document) checkTokens(tokens token.Tokens) error {
	flow, dashes, line, entries := 0, 0, 0, 0
	for _, t := range tokens {
		at := positionOf(t)
		if at.line != line {
			dashes, line = 0, at.line
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return d.wrong(at, "anchors, aliases and merge keys have no meaning here: write the value out")
		case token.TagType:
			return d.wrong(at, "tags have no meaning here: write the value without %s", quote(t.Value))
		case token.DirectiveType:
			return d.wrong(at, "directives have no meaning here: start with the first key")
		case token.MappingKeyType:
			return d.wrong(at, "a key after a question mark: write key: value")
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType:
			dashes++
			entries++
		case token.MappingValueType, token.CollectEntryType:
			entries++
		}
		if entries > maxEntries {
			return d.wrong(at, "more than %d keys and items up to here: a scenario has at most %d phases and some dozen keys", maxEntries, maxPhases)
		}
		if flow > maxNesting || dashes > maxNesting {
			return d.wrong(at, "values nested this deep: a scenario needs 3 levels")
		}
	}
	return nil
}

func (d *document) syntax(err error) error {
	var mistake *yaml.SyntaxError
	if !errors.As(err, &mistake) {
		return d.wrong(position{1, 1}, "the file is not YAML: %v", err)
	}
	at := positionOf(mistake.Token)
	if strings.Contains(mistake.Message, "\t") || strings.Contains(mistake.Message, "tab character") {
		return d.wrong(position{at.line, 1}, "a tab indents this line: YAML indents with spaces")
	}
	return d.wrong(at, "the file is not YAML: %s", mistake.Message)
}
