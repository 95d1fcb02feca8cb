import { goJson, goTime } from '../formats/oci/go-json.ts';
import type { ContainerConfig, HistoryEntry } from '../formats/oci/image.ts';
import { historyWithTimes } from './history-times.ts';
import type { ImageCommit } from './image.ts';

/** The bytes of an image config, as BuildKit writes them: its order of members, its empty members left out. */
export function configJson(commit: Omit<ImageCommit, 'tags' | 'metadata'>): Buffer {
  const { platform, author, config, layers } = commit;
  const layerTimes = commit.layerTimes ?? layers.map(() => 0);
  const history = historyWithTimes(commit.history, layerTimes, commit.layerNames);
  const created = commit.created ?? history.at(-1)?.created;
  return Buffer.from(
    goJson({
      architecture: platform.architecture,
      ...withoutEmpty({ author }),
      config: orderedConfig(config),
      ...withoutEmpty({ created: created === undefined ? undefined : goTime(created) }),
      history: history.map(orderedHistory),
      os: platform.os,
      ...withoutEmpty({ 'os.features': platform['os.features'], 'os.version': platform['os.version'] }),
      rootfs: { type: 'layers', diff_ids: layers },
      ...withoutEmpty({ variant: platform.variant }),
    }),
  );
}

function orderedConfig(config: ContainerConfig): object {
  return withoutEmpty({
    User: config.User,
    ExposedPorts: sorted(config.ExposedPorts),
    Env: config.Env,
    Entrypoint: config.Entrypoint,
    Cmd: config.Cmd,
    Volumes: sorted(config.Volumes),
    WorkingDir: config.WorkingDir,
    Labels: sorted(config.Labels),
    StopSignal: config.StopSignal,
    ArgsEscaped: config.ArgsEscaped,
    Healthcheck: config.Healthcheck === undefined ? undefined : orderedHealthcheck(config.Healthcheck),
    OnBuild: config.OnBuild,
    Shell: config.Shell,
  });
}

function orderedHealthcheck(check: NonNullable<ContainerConfig['Healthcheck']>): object {
  const { Test, Interval, Timeout, StartPeriod, StartInterval, Retries } = check;
  return withoutEmpty({ Test, Interval, Timeout, StartPeriod, StartInterval, Retries });
}

function orderedHistory({ created, created_by, author, comment, empty_layer }: HistoryEntry): object {
  return withoutEmpty({ created, created_by, author, comment, empty_layer });
}

function sorted<T>(map: Readonly<Record<string, T>> | undefined): Readonly<Record<string, T>> | undefined {
  if (map === undefined || Object.keys(map).length === 0) return undefined;
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What Go's `omitempty` leaves. */
function withoutEmpty(members: Readonly<Record<string, unknown>>): object {
  const isEmpty = (value: unknown) =>
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value)));
}
