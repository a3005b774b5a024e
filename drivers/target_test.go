package drivers

import (
	"maps"
	"strings"
	"testing"
)

func init() {
	Register(Store{Name: "redis", Schemes: []string{"redis", "rediss"}, Options: []Option{
		{Name: "prefix", Kind: KindString}, {Name: "pool_size", Kind: KindInt, Express: "1"},
	}})
	Register(Store{Name: "file", Options: []Option{{Name: "path", Kind: KindString}}})
	Register(Store{Name: "memory"})
}

// targets are right, and seeds of FuzzParseTarget as well.
var targets = []struct {
	text     string
	store    string
	tag      string
	client   Client
	url      string
	settings map[string]string
}{
	{text: "redis", store: "redis"},
	{text: "redis:7.4", store: "redis", tag: "7.4"},
	{text: "redis@client=native@pool_size=50", store: "redis", client: Native, settings: map[string]string{"pool_size": "50"}},
	{text: "redis:8-alpine@prefix=a:b=c", store: "redis", tag: "8-alpine", settings: map[string]string{"prefix": "a:b=c"}},
	{text: "redis=redis://:p%40ss@10.0.0.5:6379/0", store: "redis", url: "redis://:p%40ss@10.0.0.5:6379/0"},
	{text: "redis@prefix=x:=rediss://u:p@h:1/0?a=b", store: "redis", url: "rediss://u:p@h:1/0?a=b", settings: map[string]string{"prefix": "x:"}},
	{text: "redis@prefix=/a/@pool_size=2=redis://h", store: "redis", url: "redis://h", settings: map[string]string{"prefix": "/a/", "pool_size": "2"}},
	{text: "redis=redis://h1:1,h2:2/0", store: "redis", url: "redis://h1:1,h2:2/0"},
	{text: "file=/tmp/a@b=c", store: "file", url: "/tmp/a@b=c"},
	{text: "file=./x", store: "file", url: "./x"},
	{text: "file=../x", store: "file", url: "../x"},
	{text: "file@path=/tmp/x", store: "file", settings: map[string]string{"path": "/tmp/x"}},
	{text: "file@path=./x@client=native", store: "file", client: Native, settings: map[string]string{"path": "./x"}},
}

func TestTargetsAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range targets {
		got, err := ParseTarget(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got.Store.Name != c.store || got.Tag != c.tag || got.Client != c.client || got.URL != c.url || !maps.Equal(got.Settings, c.settings) {
			t.Errorf("%s is read as %s %q %q %q %v", c.text, got.Store.Name, got.Tag, got.Client, got.URL, got.Settings)
		}
	}
}

// wrongTargets have one mistake each, and a part of the answer. They are seeds of
// FuzzParseTarget as well.
var wrongTargets = map[string]string{
	"":                                  "unknown store",
	"rediss":                            `did you mean "redis"?`,
	"redis:":                            "the tag after",
	"redis:@pool_size=1":                "the tag after",
	"memory:1":                          "no image tag",
	"memory=/x":                         "memory takes no URL",
	"file=file:///x":                    "file takes no URL",
	"redis:7=redis://h":                 "give one of them",
	"redis@pool_size":                   "is not OPTION=VALUE",
	"redis@=5":                          "is not OPTION=VALUE",
	"redis@":                            "is not OPTION=VALUE",
	"redis@pool_size=x":                 "whole number",
	"redis@pool=5":                      "no such option",
	"redis@prefix=a@prefix=b":           "given twice",
	"redis@client=native@client=native": "given twice",
	"redis@client=go":                   "neither express nor native",
	"redis=http://h":                    "must start with redis:// or rediss://",
	"redis=/tmp/x":                      "must start with redis:// or rediss://",
	"redis=10.0.0.5:6379":               "neither a URL",
	"file=x":                            "nor a path (./x",
	"redis=redis://h:port":              "percent-encoded",
	"redis@a\nb=1":                      `redis.a\nb: no such option`,
	"redis=redis://u:p@h\n":             `redis://u:xxxxx@h\n is not a URL`,
	"redis://h":                         "such as redis=redis://HOST",
	"redis@url=redis://h":               "such as redis=redis://HOST",
}

func TestWrongTargetsAreRefusedWithWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for text, want := range wrongTargets {
		if got, err := ParseTarget(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %q", text, got, err, want)
		}
	}
}

func TestPasswordsAreNeverShown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"redis=redis://:secret@h", "redis=redis://u:secret@h:1/0", "redis=redis://u:sec/secret@h:port",
		"redis=http://u:secret@h", "redis=u:secret@h", "redis=:secret@h", "redis@pool_size=x=redis://:secret@h",
		"redis@nothing=1=redis://:secret@h", "redis@url=redis://:secret@h", "redis@pool_size=redis://:secret@h", "redis://:secret@h", "redis:7=redis://:secret@h", "redis=redis://u:secret@h1,h2:2",
	} {
		target, err := ParseTarget(text)
		shown := target.String()
		if err != nil {
			shown = err.Error()
		}
		if strings.Contains(shown, "secret") {
			t.Errorf("%s is shown as %s", text, shown)
		}
	}
}

func TestTargetIsShownAsTyped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"redis:7.4@prefix=a":            "redis:7.4@prefix=a",
		"redis@prefix=a=redis://u:p@h/": "redis@prefix=a=redis://u:xxxxx@h/",
		"file=/tmp/x":                   "file=/tmp/x",
	} {
		if target, err := ParseTarget(text); err != nil || target.String() != want {
			t.Errorf("%s is shown as %s, %v", text, target, err)
		}
	}
}

func TestRedactHidesSecretsOnly(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                                  "",
		"/var/lib/a@b:c":                    "/var/lib/a@b:c",
		"redis://h:6379/0":                  "redis://h:6379/0",
		"redis://u@h":                       "redis://u@h",
		"redis://:p@h":                      "redis://:xxxxx@h",
		"redis://u:p%2Fq@h/0?db=1":          "redis://u:xxxxx@h/0?db=1",
		"redis://u:p@q@h":                   "redis://u:xxxxx@h",
		"redis://u:p/q@h":                   "redis://u:xxxxx@h",
		"redis://u:12/q@h":                  "redis://u:xxxxx@h",
		"redis://u:12?q@h":                  "redis://u:xxxxx@h",
		"redis://u:12#q@h":                  "redis://u:xxxxx@h",
		"redis://u:a@b/c@h":                 "redis://u:xxxxx@h",
		"mongodb://u:p@h1:1,h2:2/db?w=1":    "mongodb://u:xxxxx@h1:1,h2:2/db?w=1",
		"mongodb://h1:1,h2:2/db":            "mongodb://h1:1,h2:2/db",
		"redis://:secret":                   "redis://xxxxx",
		"postgres://h/db?password=p&a=b":    "postgres://h/db?password=xxxxx&a=b",
		"postgres://h/db?a=b&sslpassword=p": "postgres://h/db?a=b&sslpassword=xxxxx",
		"postgres://h/db?password=%zz":      "postgres://h/db?password=xxxxx",
		"mongodb://h/?tlsCertificateKeyFilePassword=p": "mongodb://h/?tlsCertificateKeyFilePassword=xxxxx",
		"mongodb://u:p@h1,h2:2/?PASSWORD=p#x":          "mongodb://u:xxxxx@h1,h2:2/?PASSWORD=xxxxx#x",
		"x://h/?access_token=abc":                      "x://h/?access_token=xxxxx",
	} {
		if got := Redact(raw); got != want {
			t.Errorf("%s is shown as %s; want %s", raw, got, want)
		}
	}
}

func TestPasswordsInAMessageAreHidden(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`open redis://h:6379/0: connection refused`:    `open redis://h:6379/0: connection refused`,
		`--rate: "redis://u:p@h" is not understood`:    `--rate: "redis://u:xxxxx@h" is not understood`,
		`open redis://:p@q/@h: no such file`:           `open redis://:xxxxx@h: no such file`,
		`"redis://:cut off in the middl…" is no name`:  `"redis://:xxxxx…" is no name`,
		`redis://u:xxxxx@h: role "a@b" is not there`:   `redis://u:xxxxx@h: role "a@b" is not there`,
		"open redis://:p@h: no\nopen redis://:q@h: no": "open redis://:xxxxx@h: no\nopen redis://:xxxxx@h: no",
		`see https://example.com/a:b for more`:         `see https://example.com/a:b for more`,
		`mail a:b@c`:                                   `mail a:b@c`,
	} {
		if got := RedactText(text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}
