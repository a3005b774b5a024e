package redis

import (
	"context"
	"errors"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

// settings are those that decide what a write costs and what survives.
var settings = []string{"save", "appendonly", "appendfsync", "maxmemory", "maxmemory-policy"}

// Inspect reads the version and the settings. Where CONFIG is forbidden, as
// hosted services do, the settings and the durability are unknown, and that is
// no error.
func (d *driver) Inspect(ctx context.Context) (drivers.Inspection, error) {
	text, err := d.client.info(ctx, "server")
	if err != nil {
		return drivers.Inspection{}, d.failed(ctx, cmdInfo, err)
	}
	in := drivers.Inspection{Version: version(fields(text)), Settings: map[string]string{}, TLS: d.tls}
	for _, name := range settings {
		value, err := d.client.config(ctx, name)
		switch {
		case err == nil:
			in.Settings[name] = value
		case !isAnswer(err):
			return drivers.Inspection{}, d.failed(ctx, cmdConfig, err)
		}
	}
	in.Durability = durability(in.Settings)
	return in, nil
}

// isAnswer tells the server's refusal from a failure to ask it.
func isAnswer(err error) bool {
	var ours serverError
	var theirs goredis.Error
	return errors.Is(err, errNoSetting) || errors.As(err, &ours) || errors.As(err, &theirs)
}

// version says which of its kin a server is, when it is not Redis itself.
func version(server map[string]string) string {
	for _, kin := range []struct{ field, name string }{{"valkey_version", "Valkey"}, {"dragonfly_version", "Dragonfly"}} {
		if v, has := server[kin.field]; has {
			return kin.name + " " + v
		}
	}
	return server["redis_version"]
}

// durability follows redis.io, “Redis persistence”: the append-only file is
// written before the answer (always), once a second (everysec), or when the
// system likes (no); snapshots lose what came after the last one.
func durability(settings map[string]string) drivers.Durability {
	save, hasSave := settings["save"]
	aof, hasAOF := settings["appendonly"]
	switch {
	case !hasSave || !hasAOF:
		return ""
	case aof == "yes" && settings["appendfsync"] == "always":
		return drivers.DurabilityCommit
	case aof == "yes" || save != "":
		return drivers.DurabilitySeconds
	}
	return drivers.DurabilityNone
}

// Meter reads the counts of commands, the clients and the memory of the data,
// which is that of the whole server.
func (d *driver) Meter(ctx context.Context) (drivers.Reading, error) {
	all := map[string]string{}
	for _, section := range []string{"commandstats", "clients", sectionMemory} {
		text, err := d.client.info(ctx, section)
		if err != nil {
			return drivers.Reading{}, d.failed(ctx, cmdInfo+" "+section, err)
		}
		for name, value := range fields(text) {
			all[name] = value
		}
	}
	reading := drivers.Reading{
		Calls:       map[drivers.Call]int64{},
		Connections: number(all["connected_clients"]),
		Storage:     storage(all),
	}
	for call, name := range map[drivers.Call]string{
		drivers.Get: cmdGet, drivers.Set: cmdSet, drivers.Touch: cmdExpire, drivers.Destroy: cmdDel,
	} {
		reading.Calls[call] = callsOf(all["cmdstat_"+strings.ToLower(name)])
	}
	return reading, nil
}

// Stored reads the memory of the data, on a connection of its own. Redis does not tell
// how many keys are over and not freed yet.
func (d *driver) Stored(ctx context.Context) (drivers.Storage, error) {
	text, err := d.apart.info(ctx, sectionMemory)
	if err != nil {
		return drivers.Storage{}, d.failed(ctx, cmdInfo+" "+sectionMemory, err)
	}
	return storage(fields(text)), nil
}

const sectionMemory = "memory"

func storage(memory map[string]string) drivers.Storage {
	return drivers.Storage{Bytes: number(memory["used_memory_dataset"])}
}

// callsOf reads calls=12,usec=34,…; a command that was never called has no line.
func callsOf(stat string) int64 {
	text, _, _ := strings.Cut(strings.TrimPrefix(stat, "calls="), ",")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func number(text string) *int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// fields reads INFO's lines, name:value.
func fields(info string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			all[name] = value
		}
	}
	return all
}
