package main

import (
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

type pathReply struct {
	// Matched by itself or a parent; null where matching fails.
	Matched *bool `json:"matched"`
	// The same, found folder by folder with what the parent gave.
	Walked *bool `json:"walked"`
}

func ignore(r request) any {
	pm, err := patternmatcher.New(r.Patterns)
	if err != nil {
		return map[string]any{"failure": failed(err)}
	}
	replies := []pathReply{}
	for _, p := range r.Paths {
		var reply pathReply
		if ok, err := pm.MatchesOrParentMatches(p); err == nil {
			reply.Matched = &ok
		}
		if ok, err := walkTo(pm, p); err == nil {
			reply.Walked = &ok
		}
		replies = append(replies, reply)
	}
	return map[string]any{"paths": replies, "exclusions": pm.Exclusions()}
}

func walkTo(pm *patternmatcher.PatternMatcher, p string) (bool, error) {
	var info patternmatcher.MatchInfo
	if dir := path.Dir(p); dir != "." && dir != "/" {
		parts := strings.Split(dir, "/")
		for i := range parts {
			var err error
			if _, info, err = pm.MatchesUsingParentResults(strings.Join(parts[:i+1], "/"), info); err != nil {
				return false, err
			}
		}
	}
	ok, _, err := pm.MatchesUsingParentResults(p, info)
	return ok, err
}

func readIgnoreFile(r request) any {
	patterns, err := ignorefile.ReadAll(strings.NewReader(r.Text))
	if err != nil {
		return map[string]any{"failure": failed(err)}
	}
	if patterns == nil {
		patterns = []string{}
	}
	return map[string]any{"patterns": patterns}
}

func match(r request) any {
	replies := []any{}
	for _, p := range r.Paths {
		ok, err := filepath.Match(r.Patterns[0], p)
		if err != nil {
			replies = append(replies, nil)
		} else {
			replies = append(replies, ok)
		}
	}
	return map[string]any{"matches": replies}
}

func gitRef(r request) any {
	ref, isGit, err := dfgitutil.ParseGitRef(r.Text)
	return map[string]any{"ref": ref, "isGit": isGit, "failure": failed(err)}
}

func benchIgnore(r request) any {
	// The matcher compiles its patterns at their first use.
	pm, err := patternmatcher.New(r.Patterns)
	if err != nil {
		return map[string]any{"failure": failed(err)}
	}
	count := 0
	start := time.Now()
	for _, p := range r.Paths {
		if ok, _ := pm.MatchesOrParentMatches(p); ok {
			count++
		}
	}
	each := time.Since(start)

	pm, _ = patternmatcher.New(r.Patterns)
	infos := map[string]patternmatcher.MatchInfo{".": {}}
	walked := 0
	start = time.Now()
	for _, p := range r.Paths {
		ok, info, _ := pm.MatchesUsingParentResults(p, infos[path.Dir(p)])
		infos[p] = info
		if ok {
			walked++
		}
	}
	walk := time.Since(start)
	return map[string]any{
		"matched": count, "walked": walked,
		"eachMs": float64(each.Microseconds()) / 1000, "walkMs": float64(walk.Microseconds()) / 1000,
	}
}
