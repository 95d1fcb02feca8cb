package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type image struct {
	Env        []string `json:"env"`
	WorkingDir string   `json:"workingDir"`
	Shell      []string `json:"shell"`
	OS         string   `json:"os"`
	Arch       string   `json:"arch"`
}

// Knows the configs that the request brings.
type resolver map[string]image

func (r resolver) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	img, ok := r[ref]
	if !ok {
		return "", "", nil, errors.New("image not found: " + ref)
	}
	config := map[string]any{
		"os": img.OS, "architecture": img.Arch,
		"config": map[string]any{"Env": img.Env, "WorkingDir": img.WorkingDir, "Shell": img.Shell},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{string(digest.FromString(ref))}},
	}
	dt, err := json.Marshal(config)
	return ref, digest.FromString(ref), dt, err
}

type warningReply struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
	Line int    `json:"line"`
}

func lintFile(r request) any {
	platform := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	sourceMap := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte(r.Text))
	sourceMap.Definition = &llb.Definition{}
	results, err := dockerfile2llb.DockerfileLint(context.TODO(), []byte(r.Text), dockerfile2llb.ConvertOpt{
		Config:         dockerui.Config{BuildArgs: r.BuildArgs, Target: r.Target, BuildPlatforms: []ocispecs.Platform{platform}},
		TargetPlatform: &platform,
		MetaResolver:   resolver(r.Images),
		SourceMap:      sourceMap,
	})
	if err != nil {
		return map[string]any{"failure": failed(err)}
	}
	warnings := []warningReply{}
	for _, w := range results.Warnings {
		line := 0
		if len(w.Location.Ranges) > 0 {
			line = int(w.Location.Ranges[0].Start.Line)
		}
		warnings = append(warnings, warningReply{w.RuleName, w.Detail, line})
	}
	reply := map[string]any{"warnings": warnings}
	if e := results.Error; e != nil {
		lines := []int{}
		for _, rg := range e.Location.Ranges {
			for line := rg.Start.Line; line <= rg.End.Line; line++ {
				lines = append(lines, int(line))
			}
		}
		reply["failure"] = failure{Error: e.Message, Lines: lines}
	}
	return reply
}
