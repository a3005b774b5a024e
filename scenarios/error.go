package scenarios

import "fmt"

// Error is a mistake in a scenario file.
type Error struct {
	File   string // as given to Parse
	Line   int    // from 1
	Column int    // from 1, in characters
	Msg    string // what was wrong: what is allowed
}

// Error is FILE:LINE:COLUMN: what was wrong: what is allowed.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}

// fieldError is a mistake in one field, named by its path as a file spells it:
// "payload.median", "phases[2].rate".
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string {
	if e.field == "" {
		return e.err.Error()
	}
	return e.field + ": " + e.err.Error()
}

func (e *fieldError) Unwrap() error { return e.err }

func wrong(field, format string, args ...any) error {
	return &fieldError{field, fmt.Errorf(format, args...)}
}

// join is the path of a mapping's key.
func join(mapping, key string) string {
	if mapping == "" {
		return key
	}
	return mapping + "." + key
}
