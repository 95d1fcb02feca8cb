import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { type Compact, compact } from './compact.ts';
import type { ContainerConfig, Healthcheck, HistoryEntry, ImageConfigFile } from './image.ts';
import { JsonReader } from './json-reader.ts';
import { maxConfigBytes, maxLayers } from './limits.ts';

/** Of history entries, variables, volumes and such; the size of the whole is what really bounds them. */
const maxItems = 100_000;

/**
 * Reads an image config of OCI or Docker. Members that neither of them knows are dropped, as BuildKit drops them.
 * Throws OCI_INVALID, OCI_UNSUPPORTED or LIMIT_EXCEEDED.
 */
export function parseImageConfig(bytes: Uint8Array, subject: string): ImageConfigFile {
  if (bytes.length > maxConfigBytes) {
    throw new FirekilnError('LIMIT_EXCEEDED', `${subject}: ${bytes.length} bytes, more than ${maxConfigBytes}`);
  }
  const json = JsonReader.parse(bytes, subject);
  const os = json.member('os').string();
  if (os !== 'linux') {
    throw new FirekilnError('OCI_UNSUPPORTED', `${subject}: an image for ${JSON.stringify(os)}, Firekiln runs linux`);
  }
  const rootfs = json.member('rootfs');
  const type = rootfs.member('type');
  if (type.string() !== 'layers') throw type.fail('"layers"');
  return compact({
    created: text(json, 'created'),
    author: text(json, 'author'),
    architecture: json.member('architecture').string(),
    os,
    variant: text(json, 'variant'),
    'os.version': text(json, 'os.version'),
    config: json.member('config').optional(readContainerConfig),
    rootfs: {
      type: 'layers' as const,
      diff_ids: rootfs
        .member('diff_ids')
        .items(maxLayers)
        .map((it) => it.digest()),
    },
    history: json.member('history').optional((it) => it.items(maxItems).map(readHistory)),
  });
}

function readContainerConfig(json: JsonReader): ContainerConfig {
  return compact({
    User: text(json, 'User'),
    ExposedPorts: nameSet(json, 'ExposedPorts'),
    Env: list(json, 'Env'),
    Entrypoint: list(json, 'Entrypoint'),
    Cmd: list(json, 'Cmd'),
    Volumes: nameSet(json, 'Volumes'),
    WorkingDir: text(json, 'WorkingDir'),
    Labels: json.member('Labels').optional((it) => it.stringMap()),
    StopSignal: text(json, 'StopSignal'),
    ArgsEscaped: json.member('ArgsEscaped').optional((it) => it.boolean()),
    Healthcheck: json.member('Healthcheck').optional(readHealthcheck),
    OnBuild: list(json, 'OnBuild'),
    Shell: list(json, 'Shell'),
  });
}

function readHealthcheck(json: JsonReader): Healthcheck {
  const nanoseconds = (name: string) => json.member(name).optional((it) => it.integer());
  return compact({
    Test: list(json, 'Test'),
    Interval: nanoseconds('Interval'),
    Timeout: nanoseconds('Timeout'),
    StartPeriod: nanoseconds('StartPeriod'),
    StartInterval: nanoseconds('StartInterval'),
    Retries: nanoseconds('Retries'),
  });
}

function readHistory(json: JsonReader): Compact<HistoryEntry> {
  return compact({
    created: text(json, 'created'),
    created_by: text(json, 'created_by'),
    author: text(json, 'author'),
    comment: text(json, 'comment'),
    empty_layer: json.member('empty_layer').optional((it) => it.boolean()),
  });
}

function text(json: JsonReader, name: string): string | undefined {
  return json.member(name).optional((it) => it.string());
}

function list(json: JsonReader, name: string): readonly string[] | undefined {
  return json.member(name).optional((it) => it.strings(maxItems));
}

function nameSet(json: JsonReader, name: string): Readonly<Record<string, Record<string, never>>> | undefined {
  return json.member(name).optional((it) => Object.fromEntries(it.entries().map(([key]) => [key, {}])));
}
