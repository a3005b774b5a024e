package results

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sessionbench/bench/internal/smallfile"
)

// mostBytes is the largest result file that is read: a day's series takes 10 MB.
const mostBytes = 64 << 20

// Read reads a result file and holds it to the schema, histograms included. Maps
// and lists that the file leaves out are empty, never nil. The error is one line
// that names the file and the place in it.
func Read(path string) (*Result, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	r, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func readFile(path string) ([]byte, error) {
	text, err := smallfile.Read(path, mostBytes)
	if errors.Is(err, smallfile.ErrTooLarge) {
		return nil, fmt.Errorf("%s: larger than %d MiB: not a bench result", path, mostBytes>>20)
	}
	return text, err // it names the file
}

// decode reads a result and checks all of it.
func decode(text []byte) (*Result, error) {
	r, err := decodeFields(text)
	if err != nil {
		return nil, err
	}
	if err := checkHistograms(r); err != nil {
		return nil, err
	}
	return r, nil
}

func decodeFields(text []byte) (*Result, error) {
	if err := validate(text); err != nil {
		return nil, err
	}
	var r Result
	err := json.Unmarshal(text, &r)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) { // what the schema can't tell: 1.0 for a whole number
		return nil, fmt.Errorf("%s: is %s, which is no %s", mismatch.Field, mismatch.Value, mismatch.Type)
	}
	if err != nil {
		return nil, err
	}
	var compact bytes.Buffer // the file's indentation is no part of the scenario
	if err := json.Compact(&compact, r.Scenario); err != nil {
		return nil, err
	}
	r.Scenario = compact.Bytes()
	fillNil(&r)
	return &r, nil
}

// Save writes a result into dir, which it makes when it is missing, and returns
// the file's path: <started at, UTC>-<store>-<short id>.json, the last being a
// digest of the id, since the ids of one run may differ in any part. The file
// appears under its name complete and on the disk, or not at all. Nil maps and
// lists of r become empty ones; what Read would refuse is refused here.
func Save(dir string, r *Result) (path string, err error) {
	text, err := encode(r)
	if err != nil {
		return "", fmt.Errorf("save the result of %s: %w", r.Target.Store, err)
	}
	short := sha256.Sum256([]byte(r.ID))
	name := fmt.Sprintf("%s-%s-%x.json", r.StartedAt.UTC().Format("20060102T150405Z"), r.Target.Store, short[:4])
	path = filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("save %s: %w", path, err)
	}
	if err := WriteFile(path, text); err != nil {
		return "", err
	}
	return path, nil
}

// SaveAs is Save to a path of the caller's choice.
func SaveAs(path string, r *Result) error {
	text, err := encode(r)
	if err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return WriteFile(path, text)
}

// encode writes a result as Save does.
func encode(r *Result) ([]byte, error) {
	fillNil(r)
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	if err := validate(text); err != nil {
		return nil, err
	}
	return append(layout(nil, text, 0), '\n'), nil
}

// WriteFile puts text under path in one step: a reader sees the old file or the
// new one, also after a crash. The error says that path could not be saved.
func WriteFile(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return about(path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = about(path, err)
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = cmp.Or(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// about gives an error the name that was asked for instead of the temporary one.
func about(path string, err error) error {
	var inFile *fs.PathError
	var renaming *os.LinkError
	switch {
	case errors.As(err, &inFile):
		return &fs.PathError{Op: "save", Path: path, Err: inFile.Err}
	case errors.As(err, &renaming):
		return &fs.PathError{Op: "save", Path: path, Err: renaming.Err}
	}
	return err
}

// syncFolder makes a rename last. Systems that can't sync a folder (Windows)
// refuse to; the file itself is on the disk by then.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	d.Sync()
	return d.Close()
}

// checkHistograms decodes every histogram once, so that a garbled one is found
// where the file is named and not in the middle of a comparison.
func checkHistograms(r *Result) error {
	return eachDistribution(r, func(where string, d *Distribution) error {
		if _, err := d.Decode(); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		return nil
	})
}
