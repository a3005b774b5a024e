#!/usr/bin/env bash
# Tells what a build of the folder depends on, so that it is built once:
#   digest.sh FOLDER
set -euo pipefail
cd "$1"

sum=(sha256sum)
command -v sha256sum >/dev/null || sum=(shasum -a 256)

# All files: some are embedded, and one too many costs a build.
digest=$(find . -name .git -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 "${sum[@]}" | "${sum[@]}" | cut -c 1-40)
{
	echo "digest=$digest"
	echo "go=$(sed -n 's/^go //p' go.mod)"
} >>"$GITHUB_OUTPUT"
