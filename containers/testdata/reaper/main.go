// Reaper stands in for testcontainers/ryuk where its image can't be had. It is
// told labels, a line a connection, and when its last connection has been closed
// for a while it removes the containers that have all labels of a line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// docker speaks to the daemon's socket.
var docker = http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", "/var/run/docker.sock")
}}}

func main() {
	log.SetOutput(os.Stdout)
	l, err := net.Listen("tcp", ":8080")
	if err != nil {
		log.Fatal(err)
	}
	log.Print("Started")
	r := reaper{lines: map[string]bool{}}
	r.idle = time.AfterFunc(patience("RYUK_CONNECTION_TIMEOUT"), r.reap)
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go r.serve(c)
	}
}

func patience(name string) time.Duration {
	d, err := time.ParseDuration(os.Getenv(name))
	if err != nil {
		return 10 * time.Second
	}
	return d
}

// reaper is what was told so far.
type reaper struct {
	mu    sync.Mutex
	lines map[string]bool
	open  int
	idle  *time.Timer
}

// serve notes the lines of one connection until it is closed.
func (r *reaper) serve(c net.Conn) {
	defer c.Close()
	r.mu.Lock()
	r.open++
	r.idle.Stop()
	r.mu.Unlock()
	for lines := bufio.NewScanner(c); lines.Scan(); {
		r.mu.Lock()
		r.lines[lines.Text()] = true
		r.mu.Unlock()
		fmt.Fprintln(c, "ACK")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open--; r.open == 0 {
		r.idle.Reset(patience("RYUK_RECONNECTION_TIMEOUT"))
	}
}

// reap removes the containers and ends the program.
func (r *reaper) reap() {
	r.mu.Lock() // for good: who comes now comes too late
	for line := range r.lines {
		told, err := url.ParseQuery(line)
		if err == nil {
			err = remove(told["label"])
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	os.Exit(0)
}

func remove(labels []string) error {
	filters, err := json.Marshal(map[string][]string{"label": labels})
	if err != nil {
		return err
	}
	answer, err := docker.Get("http://docker/containers/json?all=1&filters=" + url.QueryEscape(string(filters)))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var found []struct{ ID string }
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		return err
	}
	for _, c := range found {
		request, err := http.NewRequest(http.MethodDelete, "http://docker/containers/"+c.ID+"?force=1&v=1", nil)
		if err != nil {
			return err
		}
		answer, err := docker.Do(request)
		if err != nil {
			return err
		}
		answer.Body.Close()
		log.Print("removed ", c.ID, ": ", answer.Status)
	}
	return nil
}
