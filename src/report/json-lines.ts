import type { EventBody, EventHead, FirekilnEvent, LogLevel } from '../base/events.ts';

/**
 * One event as one line of JSON: `@level`, `@message`, `@module` and `@timestamp` (RFC 3339, UTC, milliseconds), where
 * they apply `command`, `ip-address`, `veth-name` and `vmm-id`, and `event`, the typed event itself. Bytes in an event
 * are written as `{"base64": "..."}`, or as text where they are UTF-8.
 */
export function encodeEvent(event: FirekilnEvent): string {
  const { time, module, vmId, ipAddress, vethName, command, ...body } = event;
  return JSON.stringify({
    '@level': levelOf(event),
    '@message': messageOf(event),
    '@module': module,
    '@timestamp': new Date(time).toISOString(),
    command,
    'ip-address': ipAddress,
    'veth-name': vethName,
    'vmm-id': vmId,
    event: 'data' in body ? { ...body, data: encodeBytes(body.data) } : body,
  });
}

/** The event of a line that {@link encodeEvent} made, or undefined for any other line. */
export function decodeEvent(line: string): FirekilnEvent | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(fields) || !isRecord(fields.event) || typeof fields.event.event !== 'string') return undefined;
  const time = Date.parse(String(fields['@timestamp']));
  if (Number.isNaN(time)) return undefined;
  const head: EventHead = {
    time,
    module: String(fields['@module']),
    ...optional('command', fields.command),
    ...optional('ipAddress', fields['ip-address']),
    ...optional('vethName', fields['veth-name']),
    ...optional('vmId', fields['vmm-id']),
  };
  const body = 'data' in fields.event ? { ...fields.event, data: decodeBytes(fields.event.data) } : fields.event;
  return { ...head, ...(body as unknown as EventBody) };
}

export function levelOf(event: FirekilnEvent): LogLevel {
  switch (event.event) {
    case 'message':
      return event.level;
    case 'build.failed':
    case 'node.failed':
      return 'error';
    case 'build.warning':
      return 'warn';
    case 'node.progress':
      return 'trace';
    case 'vm.starting':
    case 'vm.stopping':
    case 'vm.started':
    case 'vm.stopped':
      return 'debug';
    default:
      return 'info';
  }
}

/** The event in words. */
export function messageOf(event: FirekilnEvent): string {
  switch (event.event) {
    case 'message':
      return event.text;
    case 'build.started':
      return `building ${event.dockerfile}`;
    case 'build.finished':
      return event.tags.length === 0 ? 'build finished' : `built ${event.tags.join(', ')}`;
    case 'build.failed':
      return `build failed: ${event.text}`;
    case 'build.warning':
      return `${event.rule}: ${event.text}`;
    case 'node.started':
      return event.name;
    case 'node.cached':
      return `CACHED ${event.name}`;
    case 'node.progress':
      return `${event.item}: ${event.current}${event.total === undefined ? '' : ` of ${event.total}`} ${event.unit}`;
    case 'node.log':
      return Buffer.from(event.data).toString('utf8').replace(/\n$/, '');
    case 'node.explained':
      return `${event.name}: ${event.text}`;
    case 'node.finished':
      return `node ${event.node} done`;
    case 'node.failed':
      return `node ${event.node} failed: ${event.text}`;
    case 'vm.starting':
      return `starting VM ${event.vmId} on ${event.driver}`;
    case 'vm.started':
      return `VM ${event.vmId} is up`;
    case 'vm.stopping':
      return `stopping VM ${event.vmId}`;
    case 'vm.stopped':
      return `VM ${event.vmId} has ended: ${event.reason}`;
  }
}

function encodeBytes(bytes: Uint8Array): string | { base64: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  return Buffer.from(text, 'utf8').equals(buffer) ? text : { base64: buffer.toString('base64') };
}

function decodeBytes(value: unknown): Uint8Array {
  if (typeof value === 'string') return new Uint8Array(Buffer.from(value, 'utf8'));
  if (isRecord(value) && typeof value.base64 === 'string') return new Uint8Array(Buffer.from(value.base64, 'base64'));
  return new Uint8Array(0);
}

function optional<Key extends string>(key: Key, value: unknown): { [K in Key]?: string } {
  return typeof value === 'string' ? ({ [key]: value } as { [K in Key]: string }) : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
