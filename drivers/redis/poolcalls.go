package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

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

func (p *pool) connections() int { return int(p.client.PoolStats().TotalConns) }

func (p *pool) close() error { return p.client.Close() }
