#!/usr/bin/env bash
# Runs bench gate with the inputs of action.yml, and tells GitHub what came of it: an
# annotation, the job summary, the outputs, and the exit status. That is bench's, but
# for "can't tell" (4), which is 0 unless GATE_FAIL_ON_INCONCLUSIVE is true.
set -euo pipefail

work=$(mktemp -d "${RUNNER_TEMP:-/tmp}/bench-gate-XXXXXX")
file=$work/verdict.md
label=${GATE_LABEL:-${GITHUB_WORKFLOW:-bench} / ${GITHUB_JOB:-gate}}
arguments=(gate --format=github --output="$file" --label="$label")

# The runner wants % and line ends of a text written as below.
annotate() { # annotate error|warning TEXT
	local text=${2//\%/%25} line=$'\n' return=$'\r'
	text=${text//$return/%0D}
	echo "::$1 title=bench gate::${text//$line/%0A}"
}

finish() { # finish STATUS VERDICT
	{
		echo "status=$1"
		echo "verdict=$2"
		echo "file=$file"
	} >>"$GITHUB_OUTPUT"
	cat "$file" >>"$GITHUB_STEP_SUMMARY"
}

# explain writes the Markdown where bench wrote none, so that no earlier verdict stands
# for this one. Its first line is as in report.GateMarker.
explain() { # explain STATUS MEANING
	{
		echo "<!-- bench-gate: ${label//[-<>!]/_} -->"
		echo "### gate: no verdict"
		echo
		echo "$2 (exit status $1)."
		echo
		tail -n 20 "$work/stderr" | sed 's/^/    /'
	} >"$file"
}

refuse() {
	echo "$1" | tee "$work/stderr" >&2
	annotate error "$1"
	explain 2 "The inputs of the action can't be used"
	finish 2 unusable
	exit 2
}

# each adds --FLAG=LINE for each line of a text.
each() { # each FLAG TEXT
	local line
	while IFS= read -r line || [ -n "$line" ]; do
		line=${line%$'\r'}
		line=${line#"${line%%[![:space:]]*}"} line=${line%"${line##*[![:space:]]}"}
		[ -z "$line" ] || arguments+=("--$1=$line")
	done <<<"$2"
}
each baseline "${GATE_BASELINE:-}"
each baseline "${GATE_BASELINE_DIR:-}"
each save-baseline "${GATE_BASELINE_DIR:-}"
each max-regression "${GATE_MAX_REGRESSION:-}"
each objective "${GATE_OBJECTIVE:-}"
each budget "${GATE_BUDGET:-}"

# xargs takes quotes as a shell does, and expands nothing.
args=${GATE_ARGS:-}
if [ -n "${args//[[:space:]]/}" ]; then
	if ! xargs printf '%s\0' <<<"$args" >"$work/args" 2>"$work/xargs"; then
		refuse "input args: $(head -n 1 "$work/xargs")"
	fi
	while IFS= read -r -d '' argument; do arguments+=("$argument"); done <"$work/args"
fi

candidate=$GATE_CANDIDATE
if [ -d "$candidate" ]; then
	shopt -s nullglob
	found=("$candidate"/*.json)
	[ ${#found[@]} -eq 1 ] || refuse "input candidate: $candidate has ${#found[@]} results, and one is judged"
	candidate=${found[0]}
fi
arguments+=(-- "$candidate")

# bench runs beside this script, so that a job that is cancelled ends it at once: bench
# takes away what it started, while a shell would wait for it.
mkfifo "$work/messages"
tee "$work/stderr" <"$work/messages" >&2 &
tee=$!
bench "${arguments[@]}" >"$work/table" 2>"$work/messages" &
bench=$!
trap 'kill -TERM "$bench" 2>/dev/null || true' INT TERM
status=0
wait "$bench" || status=$?
while kill -0 "$bench" 2>/dev/null; do # a signal ended the wait, and not bench
	status=0
	wait "$bench" || status=$?
done
wait "$tee" || true
cat "$work/table"

said() { # the verdict in a line, or else the last that bench said
	sed -n -e '1s/   */; /g' -e '1s/; /: /' -e '1s/^gate: //p' "$work/table" | grep . || tail -n 1 "$work/stderr"
}

meaning="bench ended in a way of its own"
case $status in
0) verdict=pass ;;
1) verdict=fail meaning="It is worse" ;;
2) verdict=unusable meaning="What was asked can't be run or compared" ;;
3) verdict=unavailable meaning="A target could not be provided or reached" ;;
4) verdict=inconclusive meaning="That can't be told" ;;
130 | 143) verdict=interrupted meaning="The gate was interrupted" ;;
*) verdict=broken ;;
esac

level=error result=$status
if [ "$verdict" = inconclusive ] && [ "${GATE_FAIL_ON_INCONCLUSIVE:-false}" != true ]; then
	level=warning result=0
fi
[ "$verdict" = pass ] || annotate "$level" "$(said)"
[ -s "$file" ] || explain "$status" "$meaning"
if [ -n "${GATE_COMMIT:-}" ]; then
	printf '\n<sub>%s · [log](%s)</sub>\n' "$GATE_COMMIT" \
		"${GITHUB_SERVER_URL:-}/${GITHUB_REPOSITORY:-}/actions/runs/${GITHUB_RUN_ID:-}" >>"$file"
fi
finish "$status" "$verdict"
exit "$result"
