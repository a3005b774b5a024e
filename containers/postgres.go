package containers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/testcontainers/testcontainers-go"
	tcpostgres "github.com/testcontainers/testcontainers-go/modules/postgres"

	"github.com/sessionbench/bench/drivers"
)

var postgresRecipe = recipe{
	image:        "postgres",
	tag:          "17.6",
	port:         5432,
	binary:       "postgres",
	install:      "apt-get install postgresql, dnf install postgresql-server, or brew install postgresql",
	urlExample:   "postgres://USER:PASSWORD@HOST:5432/DATABASE",
	find:         findPostgres,
	unprivileged: true,
	durability:   drivers.DurabilityCommit, // the server's default
	classes: map[drivers.Durability]class{
		drivers.DurabilityNone:    {args: []string{"-c", "fsync=off"}},
		drivers.DurabilitySeconds: {args: []string{"-c", "synchronous_commit=off"}},
		drivers.DurabilityCommit:  {},
	},
	prepare:  initdb,
	args:     postgresArgs,
	homeArgs: func(h *home) []string { return []string{"-D", dataFolder(h), "-c", "unix_socket_directories="} },
	// An immediate shutdown. SIGKILL would leave PostgreSQL's shared memory.
	deathSignal: syscall.SIGQUIT,
	// Fast, then immediate shutdown: SIGTERM would wait for the clients to leave.
	stop: []stopStep{{syscall.SIGINT, 10 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}},
	run: func(ctx context.Context, image string, s settings, more ...testcontainers.ContainerCustomizer) (testcontainers.Container, error) {
		// The module's own command turns fsync off, and with it what makes
		// PostgreSQL's figures PostgreSQL's.
		command := append([]string{"postgres"}, postgresArgs(s)...)
		opts := append([]testcontainers.ContainerCustomizer{
			testcontainers.WithCmd(command...),
			tcpostgres.WithUsername("postgres"), tcpostgres.WithPassword(s.password), tcpostgres.WithDatabase("postgres"),
		}, more...)
		return started(tcpostgres.Run(ctx, image, opts...))
	},
	url: func(address string, s settings) string {
		u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", s.password), Host: address, Path: "/postgres", RawQuery: "sslmode=disable"}
		return u.String()
	},
	answers: postgresAnswers,
}

// postgresArgs leaves every setting that decides figures at its default, but for
// those of a durability class. The cluster's name is the server's mark.
func postgresArgs(s settings) []string {
	return slices.Concat([]string{"-p", strconv.Itoa(s.port), "-c", "listen_addresses=" + s.listen, "-c", "cluster_name=" + s.mark}, s.class.args)
}

func postgresAnswers(ctx context.Context, rawURL string, s settings) error {
	conn, err := pgx.Connect(ctx, rawURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var name string
	if err := conn.QueryRow(ctx, "SHOW cluster_name").Scan(&name); err != nil {
		return fmt.Errorf("SHOW cluster_name: %w", err)
	}
	if name != s.mark {
		return errOtherServer
	}
	return nil
}

func dataFolder(h *home) string { return filepath.Join(h.dir, "data") }

// initdb makes the data folder. It is not flushed to the disk (--no-sync), the
// server that runs on it does flush.
func initdb(ctx context.Context, h *home) error {
	passwords := filepath.Join(h.dir, "password")
	if err := os.WriteFile(passwords, []byte(h.password+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the password for initdb: %w", err)
	}
	defer os.Remove(passwords)
	if err := h.account.own(passwords); err != nil {
		return err
	}
	p, err := startProcess(command{
		path: filepath.Join(filepath.Dir(h.binary), "initdb"),
		args: []string{
			"-D", dataFolder(h), "-U", "postgres", "--auth=scram-sha-256", "--pwfile=" + passwords,
			"--no-locale", "--encoding=UTF8", "--no-sync",
		},
		home:        h,
		log:         h.dir + ".initdb.log",
		deathSignal: syscall.SIGKILL,
	})
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.stop(ctx)
		return fmt.Errorf("initdb: %w%s", ctx.Err(), tailNote(p.logTail()))
	}
	if p.exit != nil {
		return fmt.Errorf("initdb: %w%s", p.exit, tailNote(p.logTail()))
	}
	return nil
}

// findPostgres finds the folder that has both postgres and initdb: in PATH,
// where pg_config says, or where Debian, Red Hat and Homebrew put them, the
// newest version first.
func findPostgres() (string, error) {
	var folders []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return majorVersion(b) - majorVersion(a) })
		folders = append(folders, found...)
	}
	for _, folder := range folders {
		postgres := filepath.Join(folder, "postgres")
		if executable(postgres) && executable(filepath.Join(folder, "initdb")) {
			return postgres, nil
		}
	}
	return "", errors.New("postgres with initdb: not in PATH, nor where packages put them")
}

// majorVersion reads 15 from /usr/lib/postgresql/15/bin and from postgresql@15.
func majorVersion(folder string) int {
	name := filepath.Base(filepath.Dir(folder))
	n, _ := strconv.Atoi(name[strings.LastIndexAny(name, "-@")+1:])
	return n
}

func executable(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil
}
