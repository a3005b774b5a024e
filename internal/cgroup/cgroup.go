// Package cgroup finds the control groups that this process is in, whose limits hold
// for it and for what it starts.
package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Folders are those of this process's control group that has a controller ("cpu",
// "memory"): its own first, then those around it as far as they are seen from here.
// A limit of any holds. unified tells version 2 of control groups, whose files have
// other names, from version 1 (cgroups(7)). The paths are of root, the whole file
// system: os.DirFS("/").
func Folders(root fs.FS, controller string) (folders []string, unified bool, err error) {
	name, unified, err := groupName(root, controller)
	if err != nil {
		return nil, false, err
	}
	mount, top, err := groupMount(root, controller, unified)
	if err != nil {
		return nil, false, err
	}
	// In a container the name may be the host's, and the mount hold the
	// container's groups alone: then its top is ours.
	within, ok := strings.CutPrefix(name, top)
	if !ok || !strings.HasPrefix(within, "/") || strings.Contains(within, "..") {
		within = ""
	}
	for folder := path.Join(mount, within); ; folder = path.Dir(folder) {
		folders = append(folders, strings.TrimPrefix(folder, "/"))
		if len(folder) <= len(mount) {
			return folders, unified, nil
		}
	}
}

// groupName reads /proc/self/cgroup: a line is NUMBER:CONTROLLERS:NAME, and that
// of version 2 has no controllers. One that version 1 has, version 2 has not.
func groupName(root fs.FS, controller string) (name string, unified bool, err error) {
	text, err := read(root, "proc/self/cgroup")
	if err != nil {
		return "", false, err
	}
	for line := range strings.Lines(text) {
		_, line, _ = strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, group, ok := strings.Cut(line, ":")
		switch {
		case !ok:
		case slices.Contains(strings.Split(controllers, ","), controller):
			return group, false, nil
		case controllers == "":
			name, unified = group, true
		}
	}
	if !unified {
		return "", false, fmt.Errorf("/proc/self/cgroup: no group has the controller %s", controller)
	}
	return name, true, nil
}

// groupMount finds in /proc/self/mountinfo (proc_pid_mountinfo(5)) where the groups
// are mounted, and which of them is the top there.
func groupMount(root fs.FS, controller string, unified bool) (mount, top string, err error) {
	text, err := read(root, "proc/self/mountinfo")
	if err != nil {
		return "", "", err
	}
	for line := range strings.Lines(text) {
		before, after, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kind) < 3 {
			continue
		}
		if unified && kind[0] == "cgroup2" || kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), controller) {
			return fields[4], strings.TrimSuffix(fields[3], "/"), nil
		}
	}
	return "", "", fmt.Errorf("/proc/self/mountinfo: the control groups of %s are not mounted", controller)
}

// read names a file as it is known on the machine.
func read(root fs.FS, path string) (string, error) {
	text, err := fs.ReadFile(root, path)
	var known *fs.PathError
	if errors.As(err, &known) {
		err = known.Err
	}
	if err != nil {
		return "", fmt.Errorf("/%s: %w", path, err)
	}
	return string(text), nil
}
