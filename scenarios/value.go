package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/sessionbench/bench/drivers"
)

// value is one value of a document, and its path.
type value struct {
	doc  *document
	path string
	node ast.Node
}

func (v value) position() position {
	if m, ok := v.node.(ast.MapNode); ok && v.node.GetToken().Type == token.MappingValueType {
		if it := m.MapRange(); it.Next() { // a block mapping starts with its first key, not that key's colon
			return positionOf(it.Key().GetToken())
		}
	}
	return positionOf(v.node.GetToken())
}

func (v value) wrong(format string, args ...any) error {
	return v.doc.wrong(v.position(), "%s", wrong(v.path, format, args...))
}

// kind says what stands where something else belongs.
func (v value) kind() string {
	switch v.node.(type) {
	case *ast.NullNode:
		return "nothing"
	case ast.MapNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	}
	return "a single value"
}

// scalar is a single value's text, and whether it stands there plain, without
// quotes and in no block.
func (v value) scalar(allowed string) (text string, plain bool, err error) {
	switch n := v.node.(type) {
	case *ast.LiteralNode:
		return n.Value.Value, false, nil
	case *ast.StringNode:
		return n.Value, n.Token.Type == token.StringType, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true, nil
	}
	return "", false, v.wrong("%s stands here: %s", v.kind(), allowed)
}

// field is a key that a mapping may have.
type field struct {
	name string
	read func(value) error
}

// mapping reads the fields that are there, in the order of the file.
func (v value) mapping(fields []field, misplaced map[string]string) error {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	allowed := strings.Join(names, ", ")
	node, ok := v.node.(ast.MapNode)
	if !ok {
		return v.wrong("%s stands here: a mapping with the keys %s", v.kind(), allowed)
	}
	seen := map[string]position{}
	for it := node.MapRange(); it.Next(); {
		name, at := it.Key().GetToken().Value, positionOf(it.Key().GetToken())
		i := slices.Index(names, name)
		if parent, elsewhere := misplaced[name]; i < 0 && elsewhere {
			return v.doc.wrong(at, "%s", wrong(v.path, "%s does not stand here: write %s: {%s: …}", name, parent, name))
		}
		if i < 0 {
			return v.doc.wrong(at, "%s", wrong(v.path, "unknown key %s%s: allowed are %s", quote(name), drivers.DidYouMean(name, names), allowed))
		}
		if first, twice := seen[name]; twice {
			return v.doc.wrong(at, "%s", wrong(join(v.path, name), "is given twice, first on line %d: each key once", first.line))
		}
		seen[name] = at
		child := value{v.doc, join(v.path, name), it.Value()}
		v.doc.at[child.path] = child.position()
		if err := fields[i].read(child); err != nil {
			return err
		}
	}
	return nil
}

// list reads the items of a list of at most so many items.
func (v value) list(most int, allowed string, read func(value) error) error {
	node, ok := v.node.(*ast.SequenceNode)
	if !ok {
		return v.wrong("%s stands here: %s", v.kind(), allowed)
	}
	if len(node.Values) == 0 {
		return v.wrong("the list is empty: %s", allowed)
	}
	for i, item := range node.Values {
		child := value{v.doc, fmt.Sprintf("%s[%d]", v.path, i), item}
		v.doc.at[child.path] = child.position()
		if i >= most {
			return child.wrong("%d items in the list: %s", len(node.Values), allowed)
		}
		if err := read(child); err != nil {
			return err
		}
	}
	return nil
}

// The functions below make the reader of one value. What they take as allowed is
// the end of the message.

func textInto(dst *string, allowed string) func(value) error {
	return func(v value) error {
		text, plain, err := v.scalar(allowed)
		if _, isText := v.node.(*ast.StringNode); err == nil && plain && !isText {
			return v.wrong("%s is not text: %s, in quotes", quote(text), allowed)
		}
		*dst = strings.TrimSpace(text)
		return err
	}
}

// unitInto reads text with a unit, in quotes or not.
func unitInto[T any](dst *T, allowed string, parse func(string) (T, error)) func(value) error {
	return func(v value) error {
		text, _, err := v.scalar(allowed)
		if err != nil {
			return err
		}
		if *dst, err = parse(text); err != nil {
			return v.wrong("%w", err)
		}
		return nil
	}
}

// plainInto reads a number or truth value, which quotes would make text.
func plainInto[T any](dst *T, allowed string, parse func(string) (T, error)) func(value) error {
	return func(v value) error {
		text, plain, err := v.scalar(allowed)
		if err == nil && !plain {
			return v.wrong("%s in quotes is text: %s", quote(text), allowed)
		}
		if err != nil {
			return err
		}
		if *dst, err = parse(text); err != nil {
			return v.wrong("%w", err)
		}
		return nil
	}
}

func wholeInto(dst *int, allowed wholeRange) func(value) error {
	return plainInto(dst, allowed.String(), func(text string) (int, error) { return parseWhole(text, allowed) })
}

func numberInto(dst *float64, allowed string) func(value) error {
	return plainInto(dst, allowed, func(text string) (float64, error) { return parseNumber(text, allowed) })
}

func boolInto(dst *bool) func(value) error {
	const allowed = "true or false"
	return plainInto(dst, allowed, func(text string) (bool, error) {
		if text != "true" && text != "false" {
			return false, fmt.Errorf("%s is no truth value: %s", quote(text), allowed)
		}
		return text == "true", nil
	})
}
