package main

import (
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

type nodeReply struct {
	Start    int              `json:"start"`
	End      int              `json:"end"`
	Original string           `json:"original"`
	Comments []string         `json:"comments"`
	Heredocs []parser.Heredoc `json:"heredocs"`
}

func parse(r request) any {
	result, err := parser.Parse(strings.NewReader(r.Text))
	if err != nil {
		return map[string]any{"failure": failed(err)}
	}
	nodes := []nodeReply{}
	for _, n := range result.AST.Children {
		nodes = append(nodes, nodeReply{n.StartLine, n.EndLine, n.Original, n.PrevComment, n.Heredocs})
	}
	warnings := []int{}
	for _, w := range result.Warnings {
		warnings = append(warnings, w.Location.Start.Line)
	}
	return map[string]any{
		"dump": result.AST.Dump(), "escape": string(result.EscapeToken), "nodes": nodes, "warnings": warnings,
	}
}

type commandReply struct {
	Kind     string   `json:"kind"`
	Value    any      `json:"value"`
	Mounts   any      `json:"mounts,omitempty"`
	Network  string   `json:"network,omitempty"`
	Security string   `json:"security,omitempty"`
	Devices  any      `json:"devices,omitempty"`
	Failure  *failure `json:"failure,omitempty"`
}

type stageReply struct {
	Stage    instructions.Stage `json:"stage"`
	Commands []commandReply     `json:"commands"`
}

// The instructions of a Dockerfile; where `env` is given, with it expanded.
func parseInstructions(r request) any {
	result, err := parser.Parse(strings.NewReader(r.Text))
	if err != nil {
		return map[string]any{"failure": failed(err)}
	}
	lint := linter.New(&linter.Config{})
	stages, args, err := instructions.Parse(result.AST, lint)
	if err != nil {
		return map[string]any{"failure": failed(err)}
	}
	lex := shell.NewLex(result.EscapeToken)
	env := shell.EnvsFromSlice(r.Env)
	var out []stageReply
	for _, s := range stages {
		reply := stageReply{Stage: s, Commands: []commandReply{}}
		reply.Stage.Commands = nil
		for _, c := range s.Commands {
			reply.Commands = append(reply.Commands, command(c, lex, env, r.Env != nil))
		}
		out = append(out, reply)
	}
	return map[string]any{"stages": out, "args": args}
}

func command(c instructions.Command, lex *shell.Lex, env shell.EnvGetter, expand bool) commandReply {
	reply := commandReply{Kind: strings.ToLower(c.Name()), Value: c}
	if expand {
		if e, ok := c.(instructions.SupportsSingleWordExpansion); ok {
			err := e.Expand(func(word string) (string, error) {
				w, _, err := lex.ProcessWord(word, env)
				return w, err
			})
			if err != nil {
				reply.Failure = failed(err)
				reply.Value = nil
				return reply
			}
		}
		if e, ok := c.(instructions.SupportsSingleWordExpansionRaw); ok {
			err := e.ExpandRaw(func(word string) (string, error) {
				raw := shell.NewLex('\\')
				raw.SkipProcessQuotes = true
				w, _, err := raw.ProcessWord(word, env)
				return w, err
			})
			if err != nil {
				reply.Failure = failed(err)
				reply.Value = nil
				return reply
			}
		}
	}
	if run, ok := c.(*instructions.RunCommand); ok {
		reply.Mounts = instructions.GetMounts(run)
		reply.Network = instructions.GetNetwork(run)
		reply.Security = instructions.GetSecurity(run)
		reply.Devices = instructions.GetDevices(run)
	}
	return reply
}

func expand(r request) any {
	lex := shell.NewLex([]rune(r.Escape)[0])
	lex.RawQuotes = r.RawQuotes
	lex.RawEscapes = r.RawEscapes
	lex.SkipProcessQuotes = r.SkipQuotes
	lex.SkipUnsetEnv = r.SkipUnset
	env := shell.EnvsFromSlice(r.Env)
	reply := map[string]any{}
	result, err := lex.ProcessWordWithMatches(r.Word, env)
	if err != nil {
		reply["failure"] = failed(err)
	} else {
		reply["text"] = result.Result
		reply["matched"] = keys(result.Matched)
		reply["unmatched"] = keys(result.Unmatched)
	}
	words, err := lex.ProcessWords(r.Word, env)
	if err == nil {
		if words == nil {
			words = []string{}
		}
		reply["words"] = words
	}
	return reply
}

func keys(set map[string]struct{}) []string {
	out := []string{}
	for k := range set {
		out = append(out, k)
	}
	return out
}

func benchParse(r request) any {
	start := time.Now()
	for range r.Repetitions {
		result, err := parser.Parse(strings.NewReader(r.Text))
		if err != nil {
			return map[string]any{"failure": failed(err)}
		}
		if _, _, err := instructions.Parse(result.AST, nil); err != nil {
			return map[string]any{"failure": failed(err)}
		}
	}
	return map[string]any{"ms": float64(time.Since(start).Microseconds()) / 1000 / float64(r.Repetitions)}
}
