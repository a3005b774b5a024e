package containers

import "errors"

// account is the user that a server runs as when root may not: Windows has no root.
type account struct{}

func unprivilegedAccount() (*account, error) { return nil, errors.New("not on Windows") }
func (*account) own(string) error            { return nil }
