package redis

import (
	"errors"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

const (
	giveNoCluster = "the server is a node of a Redis Cluster, whose redirections connect-redis's client does not follow: give one outside a cluster"
	giveAccount   = "give a user and password in the URL that the server knows"
)

// advices say what to do about an error reply, by how it starts.
var advices = []struct{ start, text string }{
	{"NOAUTH", giveAccount},
	{"WRONGPASS", giveAccount},
	{"ERR invalid password", giveAccount},
	{"ERR Client sent AUTH", "leave the password out of the URL"},
	{"ERR AUTH <password> called without any", "leave the password out of the URL"},
	{"NOPERM", "the account needs +ping +get +set +expire +del +unlink, and the keys of the prefix: see ACL SETUSER"},
	{"ERR max number of client", "end some of the server's clients, or raise its maxclients"},
	{"OOM", "raise the server's maxmemory, or remove keys"},
	{"READONLY", "the server is a read-only replica: give the primary's address"},
	{"MISCONF", "the server can't save its snapshots: see its log"},
	{"MOVED", giveNoCluster},
	{"ASK", giveNoCluster},
	{"CROSSSLOT", giveNoCluster},
	{"CLUSTERDOWN", giveNoCluster},
	{"ERR DB index is out of range", "give a database that the server has, such as /0, or raise its databases"},
	{"ERR SELECT is not allowed in cluster mode", giveNoCluster},
	{"LOADING", "wait until the server has read its data"},
	{"BUSY", "wait until the script is done, or end it by SCRIPT KILL"},
	{"MASTERDOWN", "the server is a replica without its primary: give the primary's address"},
}

func advice(err error) string {
	text, replied := errorReply(err)
	if !replied {
		return ""
	}
	for _, a := range advices {
		if strings.HasPrefix(text, a.start) {
			return a.text
		}
	}
	return ""
}

// atFirst tells by the first answer that the server is none of Redis.
func atFirst(err error) error {
	if _, replied := errorReply(err); replied || drivers.Classify(err) != drivers.ClassOther {
		return err
	}
	return drivers.OtherServer(err)
}

// errorReply finds what the server replied, with either client.
func errorReply(err error) (text string, replied bool) {
	var ours serverError
	var theirs goredis.Error
	switch {
	case errors.As(err, &ours):
		return string(ours), true
	case errors.As(err, &theirs):
		return theirs.Error(), true
	}
	return "", false
}
