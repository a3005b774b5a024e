#!/bin/sh
# Makes an image of the stand-in for testcontainers' reaper, without a registry:
#   reaper-image.sh IMAGE
set -eu
image=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
CGO_ENABLED=0 go build -o "$root/reaper" "$(dirname "$0")/reaper/main.go"
tar -C "$root" -c . | docker import --change 'ENTRYPOINT ["/reaper"]' - "$image"
