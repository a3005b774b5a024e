// Command bench load-tests and benchmarks session backends.
package main

import (
	"os"

	"github.com/sessionbench/bench/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
