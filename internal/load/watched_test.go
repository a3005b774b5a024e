package load

import (
	"errors"
	"testing"
	"time"
)

// Looking at a process must not cost what it looks at: the dearer a reading is, the
// longer until the next glance.
func TestADearReadingIsNotRepeatedSoon(t *testing.T) {
	t.Parallel()
	const cost = 20 * time.Millisecond
	read := 0
	w := watched{read: func() (Process, error) {
		read++
		time.Sleep(cost)
		return Process{}, nil
	}}
	began := time.Now()
	w.glance(0)
	w.glance(0)
	if rest := w.resting.Sub(began); read != 1 || rest < thrift*cost {
		t.Errorf("%d readings, the next after %s", read, rest)
	}
	w.sample(0)
	if read != 2 {
		t.Error("a sample that is due was not taken")
	}
}

// The figures are of the measured part, from its first reading to the last.
func TestASideIsMeasuredInTheMeasuredPart(t *testing.T) {
	t.Parallel()
	readings := []Process{{FileDescriptors: 2}, {9, nil, time.Second, 90}, {5, nil, 2 * time.Second, 50}, {7, nil, 4 * time.Second, 70}}
	w := watched{read: func() (Process, error) {
		p := readings[0]
		readings = readings[1:]
		return p, nil
	}}
	w.rest()
	for _, second := range []float64{-1, 0, 1} {
		w.sample(second)
	}
	files, used := w.figures()
	if files == nil || files.Idle != 2 || files.Peak != 7 || files.Mean != 6 {
		t.Errorf("descriptors %+v", files)
	}
	if used == nil || used.CPUSeconds != 2 || used.MemoryPeakBytes != 70 {
		t.Errorf("usage %+v", used)
	}
}

// What fails once can't be told for the whole.
func TestASideThatBecomesUnreadableHasNoFigures(t *testing.T) {
	t.Parallel()
	gone := error(nil)
	w := watched{read: func() (Process, error) {
		return Process{FileDescriptors: 3, CPU: time.Duration(time.Now().UnixNano()), Memory: 1}, gone
	}}
	w.sample(0)
	w.sample(1)
	if files, used := w.figures(); files == nil || used == nil {
		t.Fatalf("descriptors %v, usage %v", files, used)
	}
	gone = errors.New("no such process")
	w.sample(2)
	if files, used := w.figures(); files != nil || used != nil || w.reason != "no such process" {
		t.Errorf("descriptors %v, usage %v, since %q", files, used, w.reason)
	}
}
