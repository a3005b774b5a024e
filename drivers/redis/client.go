package redis

import "context"

// client sends the commands of a driver. Keys of the first four are session ids,
// to which the client adds the prefix; those of scan and unlink are whole.
type client interface {
	get(ctx context.Context, id string) ([]byte, error) // drivers.ErrNotFound
	set(ctx context.Context, id string, value []byte, seconds int64, expires bool) error
	expire(ctx context.Context, id string, seconds int64) error
	del(ctx context.Context, id string) error

	ping(ctx context.Context) error
	info(ctx context.Context, section string) (string, error)
	config(ctx context.Context, name string) (string, error)
	scan(ctx context.Context, cursor uint64, pattern string, count int64) (keys []string, next uint64, err error)
	unlink(ctx context.Context, keys []string) (removed int64, err error)

	connections() int // that are open now
	close() error
}
