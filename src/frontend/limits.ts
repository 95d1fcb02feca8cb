/** The longest physical line, in bytes without its line end: BuildKit's own ceiling, kept so that files stay portable. */
export const maxLineBytes = 65_535;

/** The largest Dockerfile, in bytes. A gRPC message holds no more, so BuildKit has never built a larger one. */
export const maxDockerfileBytes = 16 * 1024 * 1024;

/** The most instructions of one Dockerfile: each costs about a kilobyte of memory; real files have a few hundred. */
export const maxInstructions = 100_000;

/** The longest instruction, in characters with its continuations: 32 times what execve takes as one argument. */
export const maxInstructionLength = 4 * 1024 * 1024;

/** The most words of one Dockerfile, three for each `name=value`: each costs some 150 bytes. */
export const maxWords = 500_000;

/** The deepest `ONBUILD ONBUILD ...` that is parsed; more than one level is refused anyway, with a better message. */
export const maxTriggerDepth = 16;

/** The deepest nesting of `${a:-${b:-...}}`. Scripts that generate Dockerfiles reach five. */
export const maxExpansionDepth = 500;

/** Characters that one expansion may copy from inner substitutions to outer ones; seconds of work at most. */
export const maxExpansionWork = 64 * 1024 * 1024;

/** What variables may add to one word, in characters: eight times what execve takes as one argument. */
export const maxExpandedLength = 1024 * 1024;

/** What all expansions of one Dockerfile may give together, in characters: stops variables that double themselves. */
export const maxExpandedTotal = 64 * 1024 * 1024;

/** Steps that matching the patterns of `${x#p}`, `${x%p}` and `${x/p/r}` may take in one expansion. */
export const maxPatternSteps = 50_000_000;

/** The same for all expansions of one Dockerfile: some ten seconds. */
export const maxPatternStepsTotal = 250_000_000;

/** Names that the unknown ones of one Dockerfile are compared with, to suggest the nearest: seconds of work at most. */
export const maxComparisons = 1_000_000;

/** Ports that one EXPOSE may list: every port of every protocol. */
export const maxExposedPorts = 3 * 65_536;

/** The same for all EXPOSE instructions of one Dockerfile: each port is a word of the history. */
export const maxExposedTotal = 1_000_000;

/** Characters of the `--exclude` patterns of one Dockerfile: the worst take a minute to match, and half a gigabyte. */
export const maxExcludedTotal = 256 * 1024;

/**
 * Entries of config, history and environment that the stages of one Dockerfile may take over from their bases together:
 * a hundred megabytes. A hundred stages with a hundred variables each take 20,000.
 */
export const maxInherited = 1_000_000;
