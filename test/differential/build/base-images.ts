import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../../src/base/digest.ts';
import type { ContainerConfig, ImageConfigFile } from '../../../src/formats/oci/image.ts';
import { hostPlatform } from '../../../src/formats/oci/platform.ts';
import { corpusBase, type LayoutOf } from '../../support/build-cases/case-builder.ts';
import { noCorpora } from '../../support/corpora.ts';
import type { FakeRegistry } from '../../support/fake-registry.ts';
import { type RawMember, rawTar } from '../../support/raw-tar.ts';
import { findTool } from '../../support/tools.ts';

/** Of all entries, in seconds since the epoch. */
export const timeOfBases = 0o13041000000;
const time = Buffer.from(`${timeOfBases.toString(8)}\0`);
const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
const entry = (name: string, typeFlag: string, mode: number, rest: Partial<RawMember> = {}, uid = 0, gid = uid) => ({
  name,
  typeFlag,
  fields: { mode: octal(mode, 8), uid: octal(uid, 8), gid: octal(gid, 8), mtime: time },
  ...rest,
});
const folder = (name: string, mode = 0o755, uid = 0, gid = uid) => entry(`${name}/`, '5', mode, {}, uid, gid);
const file = (name: string, text: string, mode = 0o644, uid = 0, gid = uid) =>
  entry(name, '0', mode, { data: Buffer.from(text) }, uid, gid);
const symlink = (name: string, linkName: string) => entry(name, '2', 0o777, { linkName });
const hardlink = (name: string, linkName: string) => entry(name, '1', 0o644, { linkName });

const passwd = 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:100:app:/home:/bin/sh\nwww-data:x:33:33::/var:/bin/false\n';
const group = 'root:x:0:\nusers:x:100:\nextra:x:50:app\nwww-data:x:33:\n';

/** Names that generated destinations meet: `a`, `d` and their like as files, folders and links. */
const lowest: readonly RawMember[] = [
  ...['bin', 'dev', 'etc', 'home', 'proc', 'sys', 'usr', 'usr/bin', 'var'].map((name) => folder(name)),
  folder('tmp', 0o1777),
  folder('root', 0o700),
  file('etc/passwd', passwd),
  file('etc/group', group),
  folder('d', 0o750, 33),
  file('d/a', 'in the base\n', 0o600, 33),
  folder('d/sub', 0o2775, 0, 100),
  file('d/sub/b.txt', 'below\n'),
  file('a', 'a file\n', 0o4755),
  hardlink('b', 'a'),
  symlink('l', 'd'),
  symlink('labs', '/d/sub'),
  symlink('lfile', 'a'),
  symlink('lost', 'no/where'),
  symlink('lup', '../../../d'),
  symlink('loop', 'loop'),
  folder('gone'),
  file('gone/x', 'x'),
  folder('whole'),
  file('whole/x', 'x'),
];
const upper: readonly RawMember[] = [
  folder('gone'),
  file('gone/.wh.x', ''),
  folder('whole'),
  file('whole/.wh..wh..opq', ''),
  file('whole/y', 'y'),
  file('d/second', 'of the second layer\n', 0o640),
];

const env = { Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'BASE=base value', 'EMPTY='], Cmd: ['sh'] };
const rich: ContainerConfig = {
  ...env,
  User: 'app:extra',
  WorkingDir: '/d/sub',
  Entrypoint: ['/entry'],
  ExposedPorts: { '80/tcp': {}, '53/udp': {} },
  Volumes: { '/data': {} },
  Labels: { one: '1', two: 'b' },
  StopSignal: 'SIGUSR1',
  Healthcheck: { Test: ['CMD', 'check'], Interval: 5_000_000_000, Retries: 2 },
  Shell: ['/bin/bash', '-c'],
};
const onbuild: ContainerConfig = {
  ...env,
  WorkingDir: '/tmp',
  OnBuild: ['ARG x=of-trigger', 'COPY a /from-trigger/', 'ENV T=$x', 'WORKDIR sub', 'LABEL t=${BASE}'],
};

/** What other tools write: nothing is as docker writes it. */
const odd: ContainerConfig = {
  Env: ['PATH=/a:/b', 'NOVALUE', 'BASE=first', 'BASE=second', 'Q="quoted"'],
  User: 'nosuch:33',
  WorkingDir: 'd/sub/../x',
  Labels: { '': 'empty', 'a b': '$BASE' },
  ExposedPorts: { '80': {}, '90/sctp': {} },
  OnBuild: ['COPY --from=test:base /d/a /of-image', 'ENV S="a b" T=$BASE', 'VOLUME ["/v 1"]'],
};

/** Cases of our own start from `test:NAME`; all other names are the base image of the corpora. */
export function makeBases(folder: string, registry?: Registry): LayoutOf {
  const made = makeBaseImages(folder, registry ?? { putBlob: sha256, putManifest: sha256 });
  const others: LayoutOf = noCorpora ? () => undefined : corpusBase(join(folder, 'corpora'));
  return (reference) => {
    const [, tag] = /^test:(\w+)$/.exec(reference) ?? [];
    return tag === undefined ? others(reference) : made.get(tag);
  };
}

type Registry = Pick<FakeRegistry, 'putBlob' | 'putManifest'>;

/** Writes each image as an OCI layout `<folder>/<name>`, and puts it into the registry. */
function makeBaseImages(place: string, registry: Registry): ReadonlyMap<string, string> {
  const layers = [rawTar(lowest), rawTar(upper)];
  const made = new Map<string, string>();
  const make = (name: string, tars: readonly Uint8Array[], config: ContainerConfig): void => {
    made.set(name, writeImage(join(place, name), name, tars, config, registry));
  };
  make('base', layers, env);
  make('onbuild', layers, onbuild);
  make('rich', layers, rich);
  make('odd', layers, odd);
  make('bare', [], { Env: ['BASE=bare'], Cmd: ['x'] });
  make('busybox', [rawTar([...lowest, ...busybox()]), rawTar(upper)], env);
  return made;
}

function busybox(): RawMember[] {
  const program = findTool('busybox');
  if (program === undefined) return [];
  const applets =
    'sh cat echo mkdir rm rmdir mv cp ln ls touch chmod chown mknod mkfifo stat find dd sleep id pwd env true';
  return [
    entry('bin/busybox', '0', 0o755, { data: readFileSync(program) }),
    ...applets.split(' ').map((applet) => symlink(`bin/${applet}`, 'busybox')),
  ];
}

function writeImage(
  layout: string,
  name: string,
  tars: readonly Uint8Array[],
  config: ContainerConfig,
  registry: Registry,
): string {
  const blobs = join(layout, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Uint8Array, mediaType: string) => {
    const digest = registry.putBlob(bytes);
    writeFileSync(join(blobs, digest.slice('sha256:'.length)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const file: ImageConfigFile = {
    architecture: hostPlatform().architecture,
    os: 'linux',
    author: 'the base',
    config,
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => sha256(tar)) },
    history: tars.map((_, at) => ({ created: '2017-01-25T00:00:00Z', created_by: `layer ${at}`, comment: 'base' })),
  };
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: put(Buffer.from(JSON.stringify(file)), 'application/vnd.oci.image.config.v1+json'),
      layers: tars.map((tar) => put(tar, 'application/vnd.oci.image.layer.v1.tar')),
    }),
  );
  registry.putManifest(name, manifest.toString());
  const manifests = [put(manifest, manifestType)];
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return layout;
}
