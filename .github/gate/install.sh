#!/usr/bin/env bash
# Puts bench on the PATH of this step's successors, built unless it is there already:
#   install.sh FOLDER
set -euo pipefail

bin=$RUNNER_TEMP/bench-gate/bin
[ -x "$bin/bench" ] || go build -C "$1" -trimpath -o "$bin/bench" .
echo "$bin" >>"$GITHUB_PATH"
"$bin/bench" version
