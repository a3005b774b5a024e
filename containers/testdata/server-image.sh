#!/bin/sh
# Makes an image from a server that is installed here, without a registry:
#   server-image.sh redis|postgres IMAGE
set -eu
server=$1 image=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# add copies files, and the libraries that the binaries among them need.
add() {
	for file in "$@"; do
		mkdir -p "$root$(dirname "$file")"
		cp -rL "$file" "$root$(dirname "$file")/"
		for library in $(ldd "$file" 2>/dev/null | grep -o '/[^ )]*' || true); do
			mkdir -p "$root$(dirname "$library")"
			cp -L "$library" "$root$library"
		done
	done
}

mkdir -p "$root/data" "$root/tmp" "$root/etc" "$root/var/run/postgresql"
chmod 1777 "$root/data" "$root/tmp" "$root/var/run/postgresql"

case $server in
redis)
	binary=$(readlink -f "$(command -v redis-server)")
	add "$binary"
	ln -sf "$binary" "$root/redis-server"
	set -- --change 'ENV PATH=/' --change 'WORKDIR /data'
	;;
postgres)
	# The entrypoint does what that of the official image does: a data folder on
	# the first start, with the password in POSTGRES_PASSWORD.
	bin=$(dirname "$(readlink -f "$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres | tail -1)")")
	share=$("$bin/pg_config" --sharedir) lib=$("$bin/pg_config" --pkglibdir)
	add "$bin/postgres" "$bin/initdb" "$share" "$lib/dict_snowball.so" "$lib/plpgsql.so" "$(command -v sh)"
	for tool in dirname cat; do add "$(command -v $tool)"; done
	for zones in /usr/share/zoneinfo/UTC /usr/share/zoneinfo/Etc/UTC; do
		[ ! -e "$zones" ] || add "$zones"
	done
	echo 'postgres:x:999:999::/data:/bin/sh' >"$root/etc/passwd"
	cat >"$root/entrypoint" <<-'SCRIPT'
		#!/bin/sh
		set -eu
		echo "$POSTGRES_PASSWORD" >/tmp/password
		initdb -D /data/pg -U "$POSTGRES_USER" --auth=scram-sha-256 --pwfile=/tmp/password --no-locale --encoding=UTF8 --no-sync
		echo 'host all all all scram-sha-256' >>/data/pg/pg_hba.conf
		exec "$@"
	SCRIPT
	chmod 755 "$root/entrypoint"
	shell=$(command -v sh)
	[ -e "$root/bin/sh" ] || { mkdir -p "$root/bin"; ln -sf "$shell" "$root/bin/sh"; }
	set -- --change "ENV PATH=$bin:/bin:/usr/bin" --change 'ENV PGDATA=/data/pg' --change 'ENV LC_ALL=C' \
		--change 'USER 999:999' --change 'ENTRYPOINT ["/entrypoint"]' --change 'WORKDIR /data'
	;;
*)
	echo "usage: $0 redis|postgres IMAGE" >&2
	exit 2
	;;
esac

tar -C "$root" -c . | docker import "$@" - "$image"
