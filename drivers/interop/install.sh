#!/usr/bin/env bash
# Installs the packages that the app needs, exactly as locked, into DIR/node_modules:
#
#	install.sh DIR
#
# It wants node 20.19 or newer and npm; and, since connect-sqlite3's sqlite3 comes
# as C when its prebuilt binary can't be had: node's headers, python3, make, g++.
set -euo pipefail
node -e 'const [major, minor] = process.versions.node.split("."); if (major * 100 + +minor < 2019) throw "node is " + process.version'
dir=$1
app=$(dirname "${BASH_SOURCE[0]}")/app
mkdir -p "$dir"
cp "$app/package.json" "$app/package-lock.json" "$app/.npmrc" "$dir"

# Headers that are installed beside node need no download.
prefix=$(node -p 'path.dirname(path.dirname(process.execPath))')
if [ -z "${npm_config_nodedir:-}" ] && [ -f "$prefix/include/node/node.h" ]; then
	export npm_config_nodedir=$prefix
fi
# Half of the optimiser's work makes half of the wait, and no difference here.
export JOBS=max CFLAGS=-O1 CXXFLAGS=-O1
cd "$dir"
npm ci --loglevel=error
