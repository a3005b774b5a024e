package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

const noServer = "there is no server"

// writes are the calls that change the file.
var writes = []drivers.Call{drivers.Set, drivers.Touch, drivers.Destroy}

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{
		Store: "sqlite",
		Place: func(t testing.TB) (string, map[string]string) { return database(t), nil },
		Stall: func(t testing.TB, _ drivers.Client) *drivertest.Trouble {
			// In this mode a writer keeps readers out too.
			return locked(t, map[string]string{optJournalMode: "delete", optBusyTimeout: "10m"})
		},
		Troubles: map[drivers.Class]func(testing.TB, drivers.Client) *drivertest.Trouble{
			drivers.ClassBusy:             busy,
			drivers.ClassTooManyOpenFiles: noDescriptors,
			drivers.ClassReadOnly:         readOnly,
			drivers.ClassOutOfMemory:      fullDisk,
		},
		Never: map[drivers.Class]string{
			drivers.ClassRefused:       noServer,
			drivers.ClassReset:         noServer,
			drivers.ClassAuth:          "files know no accounts; what the system forbids is read_only",
			drivers.ClassPoolExhausted: "callers queue for the connections, as long as their contexts let them",
		},
	})
}

func database(t testing.TB) string { return filepath.Join(t.TempDir(), "sessions.db") }

func busy(t testing.TB, client drivers.Client) *drivertest.Trouble {
	trouble := locked(t, map[string]string{optBusyTimeout: "10ms"})
	if client == drivers.Native { // its journal mode lets readers in
		trouble.Calls = writes
	}
	return trouble
}

// locked has the file locked by somebody else.
func locked(t testing.TB, settings map[string]string) *drivertest.Trouble {
	path := database(t)
	var release func()
	return &drivertest.Trouble{
		URL:      path,
		Settings: settings,
		Start:    func(t testing.TB) { release = lock(t, file{path: path}.address()) },
		Stop:     func(testing.TB) { release() },
	}
}

// lock holds the write lock until release, as another process would.
func lock(t testing.TB, address string) (release func()) {
	t.Helper()
	other, err := sql.Open("sqlite", address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(context.Background(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(conn.Close(), other.Close()); err != nil {
			t.Error(err)
		}
	}
}

// noDescriptors keeps SQLite from a journal; in wal mode all files are open
// already, so that only open fails.
func noDescriptors(t testing.TB, client drivers.Client) *drivertest.Trouble {
	var release func()
	return &drivertest.Trouble{
		Calls:     writes,
		OpenFails: client == drivers.Native,
		Start:     func(t testing.TB) { release = drivertest.UseAllDescriptors(t) },
		Stop:      func(testing.TB) { release() },
	}
}

// readOnly is a file that was moved away while it is open, which SQLite writes to
// no more when it keeps a journal; in wal mode it is a read-only disk at open.
func readOnly(t testing.TB, client drivers.Client) *drivertest.Trouble {
	if client == drivers.Native {
		disk := drivertest.NewDisk(t, 1<<20)
		return &drivertest.Trouble{
			URL:       filepath.Join(disk.Folder, "sessions.db"),
			OpenFails: true,
			Start:     disk.ReadOnly,
			Stop:      disk.ReadWrite,
		}
	}
	path := database(t)
	return &drivertest.Trouble{
		URL:   path,
		Calls: writes,
		Start: func(t testing.TB) { move(t, path, path+".away") },
		Stop:  func(t testing.TB) { move(t, path+".away", path) },
	}
}

func move(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func fullDisk(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	disk := drivertest.NewDisk(t, 1<<20)
	return &drivertest.Trouble{
		URL:   filepath.Join(disk.Folder, "sessions.db"),
		Calls: writes,
		Start: disk.Fill,
		Stop:  disk.Empty,
	}
}
