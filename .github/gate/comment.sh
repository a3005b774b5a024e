#!/usr/bin/env bash
# Writes the verdict (GATE_FILE) as a comment on the pull request, in place of the one
# that an earlier run wrote: that of GATE_COMMENT_AUTHOR which begins with the same
# hidden line. Whatever goes wrong here is told and fails nothing: the verdict is in
# the job summary, and is the gate's own.
set -euo pipefail

if [ -z "${GATE_PULL_REQUEST:-}" ]; then
	echo "no pull request, no comment: the verdict is in the job summary"
	exit 0
fi
server=${GITHUB_SERVER_URL:-https://github.com}
export GH_HOST=${server#*://} GH_ENTERPRISE_TOKEN=$GH_TOKEN
issues=repos/$GITHUB_REPOSITORY/issues
errors=$(mktemp) body=$(mktemp)
trap 'rm -f "$errors" "$body"' EXIT

give_up() {
	if grep -qE 'HTTP 40[134]|not accessible' "$errors"; then
		echo "::notice title=bench gate::The verdict is in the job summary and no comment: the job may not write one (pull-requests: write; never from a fork)."
	else
		echo "::warning title=bench gate::The verdict is in the job summary; no comment could be written: $(head -n 1 "$errors")"
	fi
	exit 0
}

# A comment has 65,536 characters at most.
if [ "$(wc -c <"$GATE_FILE")" -gt 60000 ]; then
	head -c 60000 "$GATE_FILE" | sed '$d' >"$body" # without the line that is cut
	! grep -q '<details>' "$body" || printf '\n</details>\n' >>"$body"
	printf '\nCut here; the job summary has the rest.\n' >>"$body"
else
	cp "$GATE_FILE" "$body"
fi

IFS= read -r marker <"$body"
marker=${marker//\\/\\\\} # as @tsv writes it
gh api --paginate "$issues/$GATE_PULL_REQUEST/comments?per_page=100" \
	--jq '.[] | [.id, .user.login // "nobody", (.body // "" | split("\n")[0] // "" | rtrimstr("\r"))] | @tsv' \
	>"$errors.found" 2>"$errors" || { rm -f "$errors.found"; give_up; }
earlier=
while IFS=$'\t' read -r id author first; do
	if [ "$author" = "$GATE_COMMENT_AUTHOR" ] && [ "$first" = "$marker" ]; then
		earlier=$id
		break
	fi
done <"$errors.found"
rm -f "$errors.found"

if [ -n "$earlier" ]; then
	gh api --method PATCH "$issues/comments/$earlier" -F body=@"$body" --jq .html_url 2>"$errors" || give_up
else
	gh api --method POST "$issues/$GATE_PULL_REQUEST/comments" -F body=@"$body" --jq .html_url 2>"$errors" || give_up
fi
