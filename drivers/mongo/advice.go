package mongo

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

const (
	giveAccount = "give a user and password in the URL that the server knows, and their database as ?authSource=NAME"
	givePrimary = "give the addresses of the whole replica set, the primary's among them, and its name as ?replicaSet=NAME"
	grantRole   = "give the account the role readWrite on the database"
)

// advices say what to do about an error code of the server.
var advices = map[int]string{
	11: giveAccount, 18: giveAccount, 8000: giveAccount,
	13:    grantRole,
	10058: givePrimary, 10107: givePrimary, 13435: givePrimary, 13436: givePrimary,
	14031: "the server's disk is full",
}

func advice(err error) string {
	var refusal mongo.ServerError
	if errors.Is(err, errNoPrimary) {
		return givePrimary
	}
	if !errors.As(err, &refusal) {
		return ""
	}
	if refusal.HasErrorMessage("requires authentication") {
		return giveAccount
	}
	for _, code := range refusal.ErrorCodes() {
		if text := advices[code]; text != "" {
			return text
		}
	}
	return ""
}
