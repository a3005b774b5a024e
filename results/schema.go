package results

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed schema.json
var schemaText []byte

// compiled is the schema, which the tests prove to compile.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schemaText)))
	if err != nil {
		return nil, fmt.Errorf("read results/schema.json: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", document); err != nil {
		return nil, fmt.Errorf("read results/schema.json: %w", err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		return nil, fmt.Errorf("compile results/schema.json: %w", err)
	}
	return schema, nil
})

// validate holds a document to the schema. The error is one line: the place in
// the document and what is wrong there.
func validate(text []byte) error {
	schema, err := compiled()
	if err != nil {
		return err
	}
	if err := checkVersion(text); err != nil {
		return err
	}
	if n := bytes.Count(text, []byte{','}); n > mostValues {
		return fmt.Errorf("not a bench result: it has more than %d values", mostValues)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return notJSON(err)
	}
	if err := checkNumbers(document); err != nil {
		return err
	}
	err = schema.Validate(document)
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		worst := innermost(invalid)
		return fmt.Errorf("%s%s", place(worst.InstanceLocation), inWords(worst.ErrorKind))
	}
	return err
}

// mostValues bounds the memory of a document, in which each number takes a
// hundred bytes. Three days of series have three million values.
const mostValues = 4_000_000

func notJSON(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("not a bench result: it is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not JSON: it is cut off before its end")
	}
	return fmt.Errorf("not JSON: %w", err)
}

var versionPattern = regexp.MustCompile(`^bench\.result/v([1-9][0-9]{0,8})$`)

// checkVersion comes before the schema, whose complaints about another version
// would only mislead. It takes nothing else of the document into memory.
func checkVersion(text []byte) error {
	var about struct{ Schema json.RawMessage }
	var other *json.UnmarshalTypeError
	err := json.NewDecoder(bytes.NewReader(text)).Decode(&about)
	switch {
	case errors.As(err, &other) || err == nil && bytes.Equal(bytes.TrimSpace(text), []byte("null")):
		return errors.New("not a bench result: it is no JSON object")
	case err != nil:
		return notJSON(err)
	}
	var have string
	if json.Unmarshal(about.Schema, &have) != nil {
		return errors.New(`not a bench result: it has no "schema"`)
	}
	return knownVersion(have)
}

// knownVersion says what another schema than ours is.
func knownVersion(have string) error {
	if have == Schema {
		return nil
	}
	if versionPattern.MatchString(have) {
		_, ours, _ := strings.Cut(Schema, "/")
		return fmt.Errorf("%s is newer than this bench reads (%s): upgrade", have, ours)
	}
	return fmt.Errorf("not a bench result: its schema is %s, not %q", short(have), Schema)
}

// checkNumbers refuses numbers that no field can hold, ahead of the validator,
// which writes out exponents digit by digit.
func checkNumbers(v any) error {
	switch v := v.(type) {
	case json.Number:
		_, exponent, _ := strings.Cut(strings.ToLower(v.String()), "e")
		e, err := strconv.Atoi(exponent)
		_, tooLarge := v.Float64()
		if exponent != "" && (err != nil || e > 400 || e < -400) || len(v) > 400 || tooLarge != nil {
			return fmt.Errorf("the number %s is out of range", short(v.String()))
		}
	case []any:
		for _, item := range v {
			if err := checkNumbers(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range v {
			if err := checkNumbers(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// innermost is the first of the errors that lie deepest in the document: where
// one of several forms fits (an object or null), that is the form that was meant.
// An unknown property comes last, since every property counts as unknown where
// the definition that knows it has failed.
func innermost(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return e
	}
	var deepest *jsonschema.ValidationError
	for _, cause := range e.Causes {
		c := innermost(cause)
		switch {
		case deepest == nil, isUnknown(deepest) && !isUnknown(c),
			isUnknown(deepest) == isUnknown(c) && len(c.InstanceLocation) > len(deepest.InstanceLocation):
			deepest = c
		}
	}
	return deepest
}

func isUnknown(e *jsonschema.ValidationError) bool {
	_, is := e.ErrorKind.(*kind.FalseSchema)
	return is
}

// place writes a location as rounds[0].operations.read.
func place(location []string) string {
	var b strings.Builder
	for _, token := range location {
		if _, err := strconv.Atoi(token); err == nil {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(plainKey(token))
	}
	if b.Len() == 0 {
		return ""
	}
	return b.String() + ": "
}

func plainKey(key string) string {
	if key == "" || len(key) > 40 || strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return short(key)
	}
	return key
}

// short quotes what a file says, so that it stays on the line.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return strconv.Quote(s)
}

func list(keys []string) string {
	var all []string
	for _, k := range keys[:min(3, len(keys))] {
		all = append(all, short(k))
	}
	if more := len(keys) - len(all); more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}

func inWords(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Required:
		return list(k.Missing) + " is missing"
	case *kind.AdditionalProperties:
		return list(k.Properties) + " is not known"
	case *kind.FalseSchema:
		return "is not known"
	case *kind.Type:
		return fmt.Sprintf("is of type %s, must be %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Enum:
		return fmt.Sprintf("is %s, must be one of %s", got(k.Got), gotList(k.Want))
	case *kind.Const:
		return fmt.Sprintf("is %s, must be %s", got(k.Got), got(k.Want))
	case *kind.Pattern:
		return fmt.Sprintf("is %s, must match %s", short(k.Got), k.Want)
	case *kind.Minimum:
		return "is " + k.Got.RatString() + ", must be at least " + k.Want.RatString()
	case *kind.Maximum:
		return "must be at most " + k.Want.RatString()
	case *kind.Format:
		return fmt.Sprintf("is %s, must be a %s", got(k.Got), k.Want)
	}
	return "breaks the rule " + strings.Join(k.KeywordPath(), "/")
}

func got(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "of another kind"
	}
	if len(text) > 60 {
		return "a long value"
	}
	return string(text)
}

func gotList(values []any) string {
	var all []string
	for _, v := range values {
		all = append(all, got(v))
	}
	return strings.Join(all, ", ")
}
