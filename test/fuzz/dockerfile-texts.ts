/** Small typical Dockerfiles that can be planned. */
export const dockerfileSeeds: readonly string[] = [
  'FROM scratch\nCOPY . /\nCMD ["/init"]\n',
  `# syntax=docker/dockerfile:1
# escape=\\
ARG VERSION=3.20
FROM --platform=$BUILDPLATFORM alpine:\${VERSION} AS build
WORKDIR /src
COPY --chown=1:2 --exclude=*.md go.* ./
RUN --mount=type=cache,target=/root/.cache --mount=type=bind,target=/x \\
    # a comment within
    go build -o /out/app ./...

FROM alpine:$VERSION
COPY --from=build /out/app /usr/bin/
ENV PATH=/opt/bin:$PATH A="b c" \\
    D='e'
USER nobody
EXPOSE 80 443/udp
ENTRYPOINT ["app", "--flag"]
HEALTHCHECK --interval=5s CMD wget -q localhost
`,
  `FROM debian
SHELL ["/bin/bash", "-ec"]
RUN <<EOF bash
echo $HOME
EOF
COPY <<-"one" <<two /dir/
\tfirst
\tone
second \${A:-b}
two
VOLUME /data
STOPSIGNAL SIGTERM
LABEL a=b "c d"="e"
ONBUILD COPY x /y
`,
  `FROM busybox AS a
ADD https://example.com/x.tar /x
ADD --keep-git-dir=true https://github.com/a/b.git#main:dir /git
ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 https://example.com/y /
FROM a AS b
RUN --network=none --mount=type=secret,id=s,env=S --mount=type=tmpfs,target=/t,size=1m true
COPY --link --parents ./x/./y* /z
MAINTAINER me
`,
  '# check=skip=all;error=true\nFROM a as b\nENV a b c\nCMD x\nARG Z\n',
];

const keywords =
  'FROM AS RUN COPY ADD ENV ARG LABEL CMD ENTRYPOINT ONBUILD SHELL USER WORKDIR EXPOSE VOLUME HEALTHCHECK STOPSIGNAL';
const flags =
  '--from= --from=0 --chmod=u+x --chown= --mount=type=cache,target=/c --mount=from= --platform= --link --parents ' +
  '--exclude= --checksum= --security=insecure --network=host --device= --interval= --keep-git-dir=';
const others = `<<EOF <<-E <<"Q" ["a","b"] [ ] " ' , = $A \${A :- } /../ * # 80-90/tcp scratch NONE http://h/ .git# \ufeff \u{1f600} \u0085`;
const lines = ['\n', '\r\n', '\\\n', '`\n', '\nEOF\n', '# escape=`\n', '# syntax=x\n', '# check=error=true\n'];

export const dockerfileFragments: readonly string[] = [
  ...[...keywords.split(' '), ...flags.split(' ')].map((word) => `${word} `),
  ...others.split(' '),
  ...lines,
];
