package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

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

	close() error
}

func (l *link) get(ctx context.Context, id string) ([]byte, error) {
	r, err := l.do(ctx, command{name: cmdGet, key: id})
	if err == nil && r.text == nil {
		err = drivers.ErrNotFound
	}
	return r.text, err
}

func (l *link) set(ctx context.Context, id string, value []byte, seconds int64, expires bool) error {
	_, err := l.do(ctx, command{name: cmdSet, key: id, value: value, seconds: seconds, expires: expires})
	return err
}

func (l *link) expire(ctx context.Context, id string, seconds int64) error {
	_, err := l.do(ctx, command{name: cmdExpire, key: id, seconds: seconds})
	return err
}

func (l *link) del(ctx context.Context, id string) error {
	_, err := l.do(ctx, command{name: cmdDel, key: id})
	return err
}

func (l *link) ping(ctx context.Context) error {
	_, err := l.do(ctx, command{name: cmdPing})
	return err
}

func (l *link) info(ctx context.Context, section string) (string, error) {
	r, err := l.do(ctx, command{name: cmdInfo, args: []string{section}})
	return string(r.text), err
}

func (l *link) config(ctx context.Context, name string) (string, error) {
	r, err := l.do(ctx, command{name: cmdConfig, args: []string{"GET", name}})
	if err == nil && len(r.items) != 2 { // name and value
		err = errNoSetting
	}
	if err != nil {
		return "", err
	}
	return string(r.items[1].text), nil
}

var errNoSetting = errors.New("the server has no such setting")

func (l *link) scan(ctx context.Context, cursor uint64, pattern string, count int64) ([]string, uint64, error) {
	r, err := l.do(ctx, command{name: cmdScan, args: []string{
		strconv.FormatUint(cursor, 10), "MATCH", pattern, "COUNT", strconv.FormatInt(count, 10),
	}})
	if err == nil && len(r.items) != 2 {
		err = fmt.Errorf("%w: the answer to %s", errProtocol, cmdScan)
	}
	if err != nil {
		return nil, 0, err
	}
	var keys []string
	for _, item := range r.items[1].items {
		keys = append(keys, string(item.text))
	}
	next, err := strconv.ParseUint(string(r.items[0].text), 10, 64)
	return keys, next, err
}

func (l *link) unlink(ctx context.Context, keys []string) (int64, error) {
	r, err := l.do(ctx, command{name: cmdUnlink, args: keys})
	return r.n, err
}

func (p *pool) get(ctx context.Context, id string) ([]byte, error) {
	value, err := withSlot(ctx, p, func(ctx context.Context) ([]byte, error) {
		return p.client.Get(ctx, p.prefix+id).Bytes()
	})
	if err == goredis.Nil {
		err = drivers.ErrNotFound
	}
	return value, err
}

func (p *pool) set(ctx context.Context, id string, value []byte, seconds int64, expires bool) error {
	_, err := withSlot(ctx, p, func(ctx context.Context) (string, error) {
		var lifetime time.Duration // 0: no EX
		if expires {
			lifetime = time.Duration(seconds) * time.Second
		}
		return p.client.Set(ctx, p.prefix+id, value, lifetime).Result()
	})
	return err
}

func (p *pool) expire(ctx context.Context, id string, seconds int64) error {
	_, err := withSlot(ctx, p, func(ctx context.Context) (bool, error) {
		return p.client.Expire(ctx, p.prefix+id, time.Duration(seconds)*time.Second).Result()
	})
	return err
}

func (p *pool) del(ctx context.Context, id string) error {
	_, err := p.unlinkWith(ctx, []string{p.prefix + id}, p.client.Del)
	return err
}

func (p *pool) unlink(ctx context.Context, keys []string) (int64, error) {
	return p.unlinkWith(ctx, keys, p.client.Unlink)
}

func (p *pool) unlinkWith(ctx context.Context, keys []string, send func(context.Context, ...string) *goredis.IntCmd) (int64, error) {
	return withSlot(ctx, p, func(ctx context.Context) (int64, error) { return send(ctx, keys...).Result() })
}

func (p *pool) ping(ctx context.Context) error {
	_, err := withSlot(ctx, p, func(ctx context.Context) (string, error) { return p.client.Ping(ctx).Result() })
	return err
}

func (p *pool) info(ctx context.Context, section string) (string, error) {
	return withSlot(ctx, p, func(ctx context.Context) (string, error) { return p.client.Info(ctx, section).Result() })
}

func (p *pool) config(ctx context.Context, name string) (string, error) {
	settings, err := withSlot(ctx, p, func(ctx context.Context) (map[string]string, error) {
		return p.client.ConfigGet(ctx, name).Result()
	})
	value, has := settings[name]
	if err == nil && !has {
		err = errNoSetting
	}
	return value, err
}

func (p *pool) scan(ctx context.Context, cursor uint64, pattern string, count int64) ([]string, uint64, error) {
	var next uint64
	keys, err := withSlot(ctx, p, func(ctx context.Context) ([]string, error) {
		keys, after, err := p.client.Scan(ctx, cursor, pattern, count).Result()
		next = after
		return keys, err
	})
	if err != nil {
		return nil, 0, err
	}
	return keys, next, nil
}

func (p *pool) close() error { return p.client.Close() }
