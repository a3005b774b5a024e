package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	giveAccount  = "give a user and password in the URL that the server knows"
	giveDatabase = "create it, or give the name of another at the end of the URL"
	givePrimary  = "give the primary's address, or a database or account with default_transaction_read_only off"
	grantTable   = "grant the account SELECT, INSERT, UPDATE and DELETE on it"
	grantSchema  = "grant the account CREATE on it, or have the table made and use it with --use-existing"
)

// advices say what to do about an SQL state.
var advices = map[string]string{
	"25006": givePrimary,
	"28000": giveAccount,
	"28P01": giveAccount,
	"3D000": giveDatabase,
	"42703": "it is no table of connect-pg-simple: give another name with --set postgres.table",
	"3F000": "create it, or set another with --set postgres.schema",
	"53300": "end some of the server's connections, or allow the account, the database or the server more",
	"57P03": "wait until the server has started",
}

func advice(err error) string {
	var refused *pgconn.PgError
	switch {
	case !errors.As(err, &refused):
		return ""
	case strings.Contains(refused.Message, "no encryption"): // in pg_hba.conf
		return "ask for TLS with ?sslmode=require"
	case refused.Code == "42501" && strings.Contains(refused.Message, "schema"):
		return grantSchema
	case refused.Code == "42501" && strings.Contains(refused.Message, "database"):
		return "grant the account CONNECT on it"
	case refused.Code == "42501":
		return grantTable
	}
	return advices[refused.Code]
}
