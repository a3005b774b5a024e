package file

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// temporaryNames counts the temporary files of this process, as write-file-atomic
// does: two drivers may write the same session.
var temporaryNames atomic.Uint32

// temporaryName is a file's name while it is written: with a number appended, which
// mixes the process and the count as write-file-atomic's MurmurHash3 does.
func temporaryName(file string) string {
	process := mix(uint32(os.Getpid()))
	return file + "." + strconv.FormatUint(uint64(mix(process+temporaryNames.Add(1))), 10)
}

// mix is the last step of 32-bit MurmurHash3. Different numbers stay different.
func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// temporaryOf gives the session file's name that a temporary one belongs to.
func (f *folder) temporaryOf(name string) (file string, ok bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return "", false
	}
	if _, err := strconv.ParseUint(name[dot+1:], 10, 32); err != nil {
		return "", false
	}
	return name[:dot], strings.HasSuffix(name[:dot], f.extension)
}

// owner is what a file had that is overwritten.
type owner struct {
	mode     uint32
	uid, gid int
}

// The steps of a write, as wire shows them.
var (
	expressWrite = []string{
		"lstat each part of FILE (realpath)", "stat FILE", "open FILE.NUMBER (truncate)", "write", syncStep, "close",
		"chown, chmod FILE.NUMBER (when FILE was there)", "rename FILE.NUMBER FILE", "unlink FILE.NUMBER (ENOENT)",
	}
	nativeWrite = []string{"open FILE.NUMBER (truncate)", "write", "utimensat FILE.NUMBER", syncStep, "close", "rename FILE.NUMBER FILE"}
)

const syncStep = "fsync"

func writeSteps(steps []string, sync bool) []string {
	var list []string
	for _, s := range steps {
		if s != syncStep || sync {
			list = append(list, s)
		}
	}
	return list
}

// writeExpress is write-file-atomic's writeFile: it finds out the real path and
// what the file was, writes a temporary one with the same owner and mode, and
// renames it. The last unlink finds nothing unless something failed.
func (f *folder) writeExpress(path string, data []byte, sync bool) error {
	path = f.realPath(path)
	temporary := temporaryName(path)
	mode, had := uint32(0o666), (*owner)(nil)
	if st, err := stat(path); err == nil {
		mode, had = uint32(st.Mode), &owner{uint32(st.Mode), int(st.Uid), int(st.Gid)}
	}
	err := f.writeTemporary(temporary, data, mode, had, time.Time{}, sync)
	if err == nil {
		err = rename(temporary, path)
	}
	unlink(temporary)
	return err
}

// realPath is Node's fs.realpath: an lstat of each part of the path. When the
// file is not there, its path is taken as it is.
func (f *folder) realPath(path string) string {
	for _, part := range append(f.parents[:len(f.parents):len(f.parents)], path) {
		st, err := lstat(part)
		if err != nil {
			return path
		}
		if st.Mode&syscall.S_IFMT == syscall.S_IFLNK {
			if real, err := filepath.EvalSymlinks(path); err == nil {
				return real
			}
			return path
		}
	}
	return path
}

// writeNative writes a temporary file with the expiry as its modification time,
// and renames it.
func (f *folder) writeNative(path string, data []byte, expires time.Time, sync bool) error {
	temporary := temporaryName(path)
	err := f.writeTemporary(temporary, data, 0o666, nil, expires, sync)
	if err == nil {
		err = rename(temporary, path)
	}
	if err != nil {
		unlink(temporary)
	}
	return err
}

// writeTemporary writes one file; a zero expires leaves the modification time.
func (f *folder) writeTemporary(path string, data []byte, mode uint32, had *owner, expires time.Time, sync bool) error {
	fd, err := openFile(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC, mode)
	if err != nil {
		return err
	}
	err = writeAll(fd, path, data)
	if err == nil && !expires.IsZero() {
		err = setModified(path, expires)
	}
	if err == nil && sync {
		err = fsync(fd, path)
	}
	if closeErr := closeFile(fd, path); err == nil {
		err = closeErr
	}
	if err == nil && had != nil {
		err = had.give(path)
	}
	return err
}

// give makes a file belong to the owner of the one it replaces. Only root may,
// so others' failures don't count.
func (o owner) give(path string) error {
	chown := again(func() error { return syscall.Chown(path, o.uid, o.gid) })
	if mayFail(chown) {
		chown = nil
	}
	if chown != nil {
		return failed("chown", path, chown)
	}
	chmod := again(func() error { return syscall.Chmod(path, o.mode) })
	if mayFail(chmod) {
		chmod = nil
	}
	return failed("chmod", path, chmod)
}

func mayFail(err error) bool {
	if errors.Is(err, syscall.ENOSYS) {
		return true
	}
	return os.Getuid() != 0 && (errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM))
}
