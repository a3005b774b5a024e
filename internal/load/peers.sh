#!/usr/bin/env bash
# Measures bench beside its peers, in turns within the same minutes, and prints each
# turn's ratio and the median: figures of different minutes are not comparable on a
# shared machine. Needs redis-server, redis-benchmark, postgres, initdb and pgbench
# (of PATH or /usr/lib/postgresql); as root it runs postgres as the user postgres.
#
#	bash internal/load/peers.sh [TURNS]
set -euo pipefail
cd "$(dirname "$0")/../.."
turns=${1:-5}
work=$(mktemp -d)
chmod 755 "$work"
servers=()
finish() {
	for pid in "${servers[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
go build -o "$work/bench" .

# calls OPTIONS…: what the calls of a run of bench come to in a second.
calls() {
	rm -rf "$work/results"
	"$work/bench" --duration=5s --warmup=1s --no-progress --out="$work/results" "$@" >"$work/run.log" 2>&1 || { cat "$work/run.log" >&2; return 1; }
	python3 -c 'import json, sys
figures = json.load(open(sys.argv[1]))["summary"]
print(sum(c["count"] for c in figures["calls"].values()) / figures["duration_seconds"])' "$work"/results/*.json
}

# compare NAME OURS THEIRS: takes turns, and prints ours over theirs.
compare() {
	local ratios=() a b
	for turn in $(seq "$turns"); do
		a=$($2) && b=$($3)
		ratios+=("$(awk "BEGIN{print $a / $b}")")
		printf '%-34s %8.0f/s, peer %8.0f/s: %.2f times\n' "$1, turn $turn" "$a" "$b" "${ratios[-1]}"
	done
	printf '%s\n' "${ratios[@]}" | sort -n | awk -v name="$1" '{r[NR]=$1} END{printf "%-34s median %.2f times, from %.2f to %.2f\n", name, r[int((NR+1)/2)], r[1], r[NR]}'
}

port=$((20000 + RANDOM % 20000))
redis-server --port $port --bind 127.0.0.1 --save '' --appendonly no --dir "$work" --daemonize no >"$work/redis.log" &
servers+=($!)
until redis-cli -p $port ping >/dev/null 2>&1; do sleep 0.1; done

redis_bench() {
	calls --store="redis=redis://127.0.0.1:$port/0" --workers=50 --sessions=100000 --payload=256B --mix=read=1
}
redis_benchmark() {
	redis-cli -p $port set key "$(head -c 256 /dev/zero | tr '\0' x)" >/dev/null
	redis-benchmark -p $port -c 50 -n 300000 -t get -d 256 -r 100000 --csv 2>/dev/null | awk -F'"' '/GET/{print $4}'
}
autopipeline() {
	go test ./drivers/redis -run '^$' -bench 'ReadAutoPipeline' -benchtime 4s |
		awk '/ReadAutoPipeline/{for (i = 2; i < NF; i++) if ($(i+1) == "ns/op") print 2e9 / $i}'
}
compare "Redis get+touch, redis-benchmark" redis_bench redis_benchmark
compare "Redis get+touch, AutoPipeline" redis_bench autopipeline

bin=$(dirname "$(readlink -f "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb | tail -1)")")
as=()
if [ "$(id -u)" = 0 ]; then
	as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
	mkdir "$work/pg" && chown postgres "$work/pg"
fi
"${as[@]}" "$bin/initdb" -D "$work/pg/data" -U postgres -A trust --no-sync >"$work/initdb.log"
"${as[@]}" "$bin/postgres" -D "$work/pg/data" -p $((port + 1)) -k "$work/pg" -c listen_addresses=127.0.0.1 >"$work/pg.log" 2>&1 &
servers+=($!)
pg="postgres://postgres@127.0.0.1:$((port + 1))/postgres"
until "$bin/pg_isready" -q -d "$pg"; do sleep 0.1; done

postgres_bench() {
	calls --store="postgres=$pg" --client=native --set=postgres.pool_size=10 --workers=10 --sessions=100000 --payload=256B \
		--scenario="$work/gets.yaml"
}
cat >"$work/gets.yaml" <<'S'
name: gets
mix: {read: 1}
popularity: uniform
ttl: 30m
middleware: {touch: false}
load: {workers: 10}
duration: 5s
S
pgbench() {
	if [ ! -e "$work/select.sql" ]; then
		"$bin/psql" -q "$pg" -c 'CREATE TABLE peer (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)' -c \
			"INSERT INTO peer SELECT 's' || i, json_build_object('cart', repeat('x', 240)), now() + interval '1 day' FROM generate_series(1, 100000) i" -c 'ANALYZE peer'
		printf '\\set i random(1, 100000)\nSELECT sess FROM peer WHERE sid = '"'s'"' || :i AND expire >= to_timestamp(%d);\n' "$(date +%s)" >"$work/select.sql"
	fi
	"$bin/pgbench" -n -M prepared -c 10 -T 5 -f "$work/select.sql" "$pg" 2>/dev/null | awk '/^tps/{print $3}'
}
compare "PostgreSQL get, pgbench prepared" postgres_bench pgbench
