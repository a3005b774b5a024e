package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/sessionbench/bench/drivers"
)

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
