#!/usr/bin/env bash
# Measures what this folder publishes: six stores in turns, six rounds each, and the
# pages that the results give. Ten minutes in which the machine does nothing else.
# Needs redis-server and postgres, and for MongoDB's place
# FerretDB 1.24 over SQLite, which the project's tests use where there is no mongod:
#
#	go build -C drivers/mongo/testserver -o /tmp/testserver .
#	BENCH_MONGO_TESTSERVER=/tmp/testserver bash results/reference/make.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
finish() {
	kill ${server:+"$server"} 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
go build -o "$work/bench" .
mkdir "$work/ferretdb"
"$BENCH_MONGO_TESTSERVER" -dir "$work/ferretdb" >"$work/url" &
server=$!
until [ -s "$work/url" ]; do sleep 0.1; done

export DOCKER_HOST=unix:///no-docker # Redis and PostgreSQL as processes
# FerretDB scans the collection at each get, so that it would stand still with the
# 10,000 sessions of the scenario.
"$work/bench" --store=redis,postgres,sqlite,file,memory,"mongo=$(head -1 "$work/url")" \
	--set mongo.autoremove=disabled --sessions=500 --rounds=6 --duration=8s --warmup=3s --out="$work/results" "$@"

rm -f results/reference/*.json
n=0
for store in redis postgres sqlite file memory mongo; do
	cp "$work"/results/*-"$store"-*.json "results/reference/$((++n))-$store.json"
done
# Its row says what it is.
sed -i 's/^\(\s*"label": \)""/\1"ferretdb (mongo)"/' "results/reference/$n-mongo.json"
for page in html md svg; do
	"$work/bench" report results/reference/*.json -o "results/reference/stores.$page"
done
