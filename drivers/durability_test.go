package drivers

import (
	"maps"
	"testing"
)

func durableStore() Store {
	s := optionStore()
	s.Durabilities = map[Durability][]map[string]string{
		DurabilityNone:    {{}},
		DurabilitySeconds: {{"fsync": "true", "mode": "wal"}, {"fsync": "false"}},
		DurabilityCommit:  {{"fsync": "true", "mode": "delete"}},
	}
	return s
}

func TestAClassGetsTheFirstOptionsThatNothingContradicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class       Durability
		typed, want map[string]string
	}{
		{DurabilityNone, nil, map[string]string{}},
		{DurabilityNone, map[string]string{"mode": "wal"}, map[string]string{"mode": "wal"}},
		{DurabilitySeconds, nil, map[string]string{"fsync": "true", "mode": "wal"}},
		{DurabilitySeconds, map[string]string{"prefix": "a"}, map[string]string{"fsync": "true", "mode": "wal", "prefix": "a"}},
		{DurabilitySeconds, map[string]string{"fsync": "1"}, map[string]string{"fsync": "1", "mode": "wal"}},
		{DurabilitySeconds, map[string]string{"mode": "delete"}, map[string]string{"fsync": "false", "mode": "delete"}},
		{DurabilitySeconds, map[string]string{"fsync": "f"}, map[string]string{"fsync": "f"}},
		{DurabilityCommit, map[string]string{"mode": "delete"}, map[string]string{"fsync": "true", "mode": "delete"}},
	} {
		before := maps.Clone(c.typed)
		got, err := durableStore().WithDurability(c.class, c.typed)
		if err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%s with %v: %v, %v; want %v", c.class, c.typed, got, err, c.want)
		}
		if !maps.Equal(c.typed, before) {
			t.Errorf("%s with %v changed what was typed to %v", c.class, before, c.typed)
		}
	}
}

func TestOptionsThatGiveAnotherClassAreNamed(t *testing.T) {
	t.Parallel()
	const seconds = ": thing has the durability seconds with fsync=true and mode=wal, or with fsync=false"
	const commit = ": thing has the durability commit with fsync=true and mode=delete"
	for _, c := range []struct {
		class Durability
		typed map[string]string
		want  string
	}{
		{DurabilityCommit, map[string]string{"fsync": "0"}, "thing.fsync=0 contradicts it" + commit},
		{DurabilityCommit, map[string]string{"mode": "wal", "prefix": "a"}, "thing.mode=wal contradicts it" + commit},
		{DurabilityCommit, map[string]string{"mode": "wal", "fsync": "false"}, "thing.fsync=false and thing.mode=wal contradict it" + commit},
		{DurabilitySeconds, map[string]string{"mode": "delete", "fsync": "true"}, "thing.mode=delete contradicts it" + seconds},
	} {
		got, err := durableStore().WithDurability(c.class, c.typed)
		if got != nil || err == nil || err.Error() != c.want {
			t.Errorf("%s with %v: %v, %v; want %s", c.class, c.typed, got, err, c.want)
		}
	}
}

func TestWhereOptionsDecideNothingOfTheClassTheyStay(t *testing.T) {
	t.Parallel()
	unknown := optionStore()
	without := durableStore()
	delete(without.Durabilities, DurabilityNone)
	typed := map[string]string{"mode": "wal"}
	for _, s := range []Store{unknown, without} {
		got, err := s.WithDurability(DurabilityNone, typed)
		if err != nil || !maps.Equal(got, typed) {
			t.Errorf("%v, %v", got, err)
		}
	}
}
