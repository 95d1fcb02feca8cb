// Answers questions about Dockerfiles with BuildKit's own code: one JSON object in, one out, a line each.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

type request struct {
	Op string `json:"op"`

	Text string `json:"text"`

	Word        string            `json:"word"`
	Env         []string          `json:"env"`
	Escape      string            `json:"escape"`
	RawQuotes   bool              `json:"rawQuotes"`
	RawEscapes  bool              `json:"rawEscapes"`
	SkipQuotes  bool              `json:"skipQuotes"`
	SkipUnset   bool              `json:"skipUnset"`
	Patterns    []string          `json:"patterns"`
	Paths       []string          `json:"paths"`
	Ignore      string            `json:"ignore"`
	Target      string            `json:"target"`
	BuildArgs   map[string]string `json:"buildArgs"`
	Images      map[string]image  `json:"images"`
	Repetitions int               `json:"repetitions"`
}

type failure struct {
	Error string `json:"error"`
	// Lines that are blamed; nil if none are.
	Lines []int `json:"lines"`
}

func failed(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Error: err.Error()}
	var located *parser.LocationError
	if errors.As(err, &located) {
		for _, ranges := range located.Locations {
			for _, r := range ranges {
				for line := r.Start.Line; line <= r.End.Line; line++ {
					f.Lines = append(f.Lines, line)
				}
			}
		}
	}
	return f
}

func answer(r request) (reply any) {
	defer func() {
		if p := recover(); p != nil {
			reply = map[string]any{"panic": fmt.Sprint(p)}
		}
	}()
	switch r.Op {
	case "parse":
		return parse(r)
	case "instructions":
		return parseInstructions(r)
	case "word":
		return expand(r)
	case "ignore":
		return ignore(r)
	case "ignorefile":
		return readIgnoreFile(r)
	case "match":
		return match(r)
	case "git":
		return gitRef(r)
	case "lint":
		return lintFile(r)
	case "bench-parse":
		return benchParse(r)
	case "bench-ignore":
		return benchIgnore(r)
	}
	return map[string]any{"panic": "unknown op " + r.Op}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		var reply any
		if err := json.Unmarshal(line, &r); err != nil {
			reply = map[string]any{"panic": err.Error()}
		} else {
			reply = answer(r)
		}
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(reply); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}
