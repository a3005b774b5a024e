package results

// combineDescriptors takes each side's file descriptors together: in turn the
// idle ones of the first part, the mean by time and the highest peak. Clients
// side by side are processes of their own, whose descriptors add up; the server
// is the same one. Parts that could not be read are left out.
func combineDescriptors(parts []*Figures, how arrangement) FileDescriptors {
	var client, server, weights = []*Descriptors{}, []*Descriptors{}, []float64{}
	for _, p := range parts {
		client = append(client, p.FileDescriptors.Client)
		server = append(server, p.FileDescriptors.Server)
		weights = append(weights, p.DurationSeconds)
	}
	fds := FileDescriptors{Client: descriptorsOfOne(client, weights), Server: descriptorsOfOne(server, weights)}
	if how == sideBySide {
		fds.Client = descriptorsOfAll(client)
	}
	return fds
}

// descriptorsOfOne takes readings of one process.
func descriptorsOfOne(parts []*Descriptors, weights []float64) *Descriptors {
	var one *Descriptors
	var means []*float64
	var read []float64
	for i, p := range parts {
		switch {
		case p == nil:
			continue
		case one == nil:
			first := *p
			one = &first
		}
		one.Peak = max(one.Peak, p.Peak)
		one.Limit = lower(one.Limit, p.Limit)
		means = append(means, &p.Mean)
		read = append(read, weights[i])
	}
	if mean := total(means, read); mean != nil {
		one.Mean = *mean
	}
	return one
}

// descriptorsOfAll adds up readings of processes that ran at the same time. The
// peaks need not have met: their sum is the most there can have been. A limit is
// one process's, so that the sum has none.
func descriptorsOfAll(parts []*Descriptors) *Descriptors {
	all := &Descriptors{}
	for _, p := range parts {
		if p == nil {
			return nil
		}
		all.Idle += p.Idle
		all.Mean += p.Mean
		all.Peak += p.Peak
	}
	return all
}

func lower(a, b *uint64) *uint64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// combineResources adds up processor time, which is null when one part's could
// not be read. A server side by side was seen whole by every shard.
func combineResources(parts []*Figures, how arrangement) Resources {
	var client, server []*Usage
	for _, p := range parts {
		client = append(client, p.Resources.Client)
		server = append(server, p.Resources.Server)
	}
	if how == sideBySide {
		return Resources{
			Client: combineUsage(client, true, true),
			Server: combineUsage(server, false, false),
		}
	}
	return Resources{Client: combineUsage(client, true, false), Server: combineUsage(server, true, false)}
}

// combineUsage takes the sum or else the most of processor time and of memory.
func combineUsage(parts []*Usage, sumCPU, sumMemory bool) *Usage {
	all := &Usage{}
	for _, p := range parts {
		if p == nil {
			return nil
		}
		if sumCPU {
			all.CPUSeconds += p.CPUSeconds
		} else {
			all.CPUSeconds = max(all.CPUSeconds, p.CPUSeconds)
		}
		if sumMemory {
			all.MemoryPeakBytes += p.MemoryPeakBytes
		} else {
			all.MemoryPeakBytes = max(all.MemoryPeakBytes, p.MemoryPeakBytes)
		}
		all.Connections = higher(all.Connections, p.Connections)
	}
	if len(parts) == 0 {
		return nil
	}
	return all
}

// combineStorage goes from the first part's start to the last one's end. Side by
// side all saw the same storage, and the first shard's word is taken.
func combineStorage(parts []*Figures, how arrangement) *Storage {
	var read []*Storage
	for _, p := range parts {
		if p.Storage != nil {
			read = append(read, p.Storage)
		}
	}
	if len(read) == 0 {
		return nil
	}
	whole := *read[0]
	if how == inTurn {
		whole = *read[len(read)-1]
		whole.BytesStart = read[0].BytesStart
	}
	return &whole
}

// combineServerCalls adds up what the server counted. Side by side each shard saw
// the others' calls as foreign ones, and nothing can be said.
func combineServerCalls(parts []*Figures, how arrangement) *ServerCalls {
	if how == sideBySide || len(parts) == 0 {
		return nil
	}
	for _, p := range parts {
		if p.ServerCalls == nil {
			return nil
		}
	}
	sum := func(of func(*ServerCalls) *int64) *int64 {
		var all int64
		for _, p := range parts {
			n := of(p.ServerCalls)
			if n == nil {
				return nil
			}
			all += *n
		}
		return &all
	}
	ours := map[string]int64{}
	for _, p := range parts {
		for call, n := range p.ServerCalls.Ours {
			ours[call] += n
		}
	}
	return &ServerCalls{
		Ours:         ours,
		Get:          sum(func(s *ServerCalls) *int64 { return s.Get }),
		Set:          sum(func(s *ServerCalls) *int64 { return s.Set }),
		Touch:        sum(func(s *ServerCalls) *int64 { return s.Touch }),
		Destroy:      sum(func(s *ServerCalls) *int64 { return s.Destroy }),
		All:          sum(func(s *ServerCalls) *int64 { return s.All }),
		ForeignCalls: sum(func(s *ServerCalls) *int64 { return s.ForeignCalls }),
	}
}
