package containers

import "time"

// Reading is what some processes use at one moment.
type Reading struct {
	// FDs is the number of open file descriptors, valid when FDsReason is empty.
	FDs int
	// FDsReason says why FDs could not be read: another account's process, for one.
	FDsReason string
	// FDLimit is the lowest soft limit of open file descriptors among the
	// processes; nil when there is none, or it can't be read.
	FDLimit *uint64
	// CPU is the user and system time of all processes. On Linux it includes
	// that of their children which ended, in ticks of 10 ms, so that it does not
	// go back (by more than two of them) when a server's children (PostgreSQL's
	// one for each connection) come and go; for this process itself it does not,
	// whose children are the servers. Elsewhere it is that of the given processes
	// alone.
	CPU time.Duration
	// RSS is the resident memory in bytes. On Linux, memory that processes share
	// is counted once, as the share of the process that has most of it; what a fork
	// still has in common with its parent counts for both, so that of PostgreSQL
	// with 10 to 20 connections it is a quarter to two fifths too much.
	RSS uint64
}
