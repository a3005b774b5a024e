package file

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

const noServer = "there is no server"

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{
		Store: "file",
		Place: func(t testing.TB) (string, map[string]string) {
			return filepath.Join(t.TempDir(), "app", "sessions"), nil
		},
		Strip: func(value []byte) []byte { return lastMember.ReplaceAll(value, []byte("}")) },
		Stall: retrying,
		Troubles: map[drivers.Class]func(testing.TB, drivers.Client) *drivertest.Trouble{
			drivers.ClassTooManyOpenFiles: noDescriptors,
			drivers.ClassReadOnly:         readOnlyDisk,
			drivers.ClassOutOfMemory:      fullDisk,
		},
		Never: map[drivers.Class]string{
			drivers.ClassRefused:       noServer,
			drivers.ClassReset:         noServer,
			drivers.ClassAuth:          "files know no accounts; what the system forbids is read_only",
			drivers.ClassPoolExhausted: "there is no pool",
			drivers.ClassBusy:          "files are not locked",
		},
	})
}

// retrying has reads that are tried again in ten minutes, since their file is
// gone with its folder.
func retrying(t testing.TB, client drivers.Client) *drivertest.Trouble {
	folder := filepath.Join(t.TempDir(), "sessions")
	calls := map[drivers.Client][]drivers.Call{
		drivers.Express: {drivers.Get, drivers.Touch},
		drivers.Native:  {drivers.Get},
	}
	return &drivertest.Trouble{
		URL:      folder,
		Settings: map[string]string{optRetries: "5", optRetryDelay: "10m"},
		Calls:    calls[client],
		Start:    func(t testing.TB) { move(t, folder, folder+".away") },
		Stop:     func(t testing.TB) { move(t, folder+".away", folder) },
	}
}

func move(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// noDescriptors is without the reads of the express client, which wait instead.
func noDescriptors(t testing.TB, client drivers.Client) *drivertest.Trouble {
	calls := map[drivers.Client][]drivers.Call{
		drivers.Express: {drivers.Set},
		drivers.Native:  {drivers.Get, drivers.Set},
	}
	var release func()
	return &drivertest.Trouble{
		Calls: calls[client],
		Start: func(t testing.TB) { release = drivertest.UseAllDescriptors(t) },
		Stop:  func(testing.TB) { release() },
	}
}

func readOnlyDisk(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	disk := drivertest.NewDisk(t, 1<<20)
	return &drivertest.Trouble{
		URL:   filepath.Join(disk.Folder, "sessions"),
		Calls: []drivers.Call{drivers.Set, drivers.Touch, drivers.Destroy},
		Start: disk.ReadOnly,
		Stop:  disk.ReadWrite,
	}
}

// fullDisk has no room for what is written: a touch of the native client writes
// nothing.
func fullDisk(t testing.TB, client drivers.Client) *drivertest.Trouble {
	disk := drivertest.NewDisk(t, 1<<20)
	calls := map[drivers.Client][]drivers.Call{
		drivers.Express: {drivers.Set, drivers.Touch},
		drivers.Native:  {drivers.Set},
	}
	return &drivertest.Trouble{
		URL:   filepath.Join(disk.Folder, "sessions"),
		Calls: calls[client],
		Start: disk.Fill,
		Stop:  disk.Empty,
	}
}
