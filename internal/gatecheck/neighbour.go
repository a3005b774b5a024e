package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"
)

// asNeighbour is the argument by which this program runs as a neighbour.
const asNeighbour = "be-a-neighbour"

// neighbour is another process that takes one core, on and off at random, until ctx
// ends.
func neighbour(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return exec.CommandContext(ctx, self, asNeighbour).Start()
}

// beNeighbour works and rests for a quarter of a second to five seconds at a time. It
// ends with its parent.
func beNeighbour() {
	parent := os.Getppid()
	for os.Getppid() == parent {
		for until := time.Now().Add(spell()); time.Now().Before(until); {
		}
		time.Sleep(spell())
	}
}

func spell() time.Duration {
	return min(max(250*time.Millisecond, time.Duration(rand.ExpFloat64()*float64(1500*time.Millisecond))), 5*time.Second)
}
