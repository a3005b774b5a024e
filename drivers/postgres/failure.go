package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/sessionbench/bench/drivers"
)

// states are the classes of SQL states, of one or of all with the same first two
// characters (PostgreSQL's manual, appendix A).
var states = map[string]drivers.Class{
	"08":    drivers.ClassReset,         // connection exception
	"25006": drivers.ClassReadOnly,      // read_only_sql_transaction
	"28":    drivers.ClassAuth,          // invalid authorization
	"40001": drivers.ClassBusy,          // serialization_failure
	"40P01": drivers.ClassBusy,          // deadlock_detected
	"42501": drivers.ClassAuth,          // insufficient_privilege
	"53100": drivers.ClassOutOfMemory,   // disk_full
	"53200": drivers.ClassOutOfMemory,   // out_of_memory
	"53300": drivers.ClassPoolExhausted, // too_many_connections
	"55P03": drivers.ClassBusy,          // lock_not_available
	"57014": drivers.ClassTimeout,       // query_canceled: by statement_timeout
	"57P01": drivers.ClassReset,         // admin_shutdown
	"57P02": drivers.ClassReset,         // crash_shutdown
	"57P03": drivers.ClassReset,         // cannot_connect_now
	"57P05": drivers.ClassReset,         // idle_session_timeout
}

func classOf(state string) drivers.Class {
	if c, known := states[state]; known {
		return c
	}
	if len(state) == 5 {
		if c, known := states[state[:2]]; known {
			return c
		}
	}
	return drivers.ClassOther
}

// cause classes what pgx gave, and shortens it: pgx's own text names the user,
// the database and every address it tried, each on a line.
func cause(err error) error {
	var refused *pgconn.PgError
	var failed *net.OpError
	var connecting *pgconn.ConnectError
	switch {
	case errors.As(err, &refused):
		text := fmt.Sprintf("%s (SQLSTATE %s)", strings.Join(strings.Fields(refused.Message), " "), refused.Code)
		return drivers.WithClass(classOf(refused.Code), short{text, err})
	case errors.Is(err, pgconn.ErrConnClosed):
		return drivers.WithClass(drivers.ClassReset, err)
	case errors.Is(err, context.DeadlineExceeded): // of a connection, not of the call
		return short{"the server did not answer in time", err}
	case errors.As(err, &failed):
		return short{failed.Error(), err}
	}
	if errors.As(err, &connecting) { // no server of PostgreSQL, or another end of TLS
		return drivers.OtherServer(short{oneLine(connecting.Unwrap()), err})
	}
	return short{oneLine(err), err}
}

// oneLine joins what pgx says of each attempt, once where it says the same.
func oneLine(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(slices.Compact(lines), "; ")
}

// short is an error with a text of its own.
type short struct {
	text string
	err  error
}

func (e short) Error() string { return e.text }
func (e short) Unwrap() error { return e.err }
