import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventBody, FirekilnEvent } from '../../../src/base/events.ts';
import { decodeEvent, encodeEvent } from '../../../src/report/json-lines.ts';
import { renderFrame } from '../../../src/report/live-frame.ts';
import { createPlainView } from '../../../src/report/plain-view.ts';
import { displayWidth } from '../../../src/report/printable.ts';
import { ProgressState } from '../../../src/report/progress-state.ts';

const at = (time: number, body: EventBody): FirekilnEvent => ({ time, module: 'test', ...body });
const bytes = (text: string) => new TextEncoder().encode(text);

const story: readonly FirekilnEvent[] = [
  at(1000, { event: 'node.started', node: 'a', name: '[build 1/3] FROM debian:bookworm' }),
  at(1100, {
    event: 'node.progress',
    node: 'a',
    item: 'sha256:0123',
    current: 10_000_000,
    total: 50_000_000,
    unit: 'bytes',
  }),
  at(2000, {
    event: 'node.progress',
    node: 'a',
    item: 'sha256:0123',
    current: 50_000_000,
    total: 50_000_000,
    unit: 'bytes',
    done: true,
  }),
  at(2000, { event: 'node.finished', node: 'a', durationMs: 1000 }),
  at(2000, { event: 'node.cached', node: 'b', name: '[build 2/3] WORKDIR /src' }),
  at(2000, { event: 'node.started', node: 'c', name: '[build 3/3] RUN make' }),
  at(2500, { event: 'node.log', node: 'c', stream: 'stdout', data: bytes('one\ntw') }),
  at(2600, { event: 'node.log', node: 'c', stream: 'stderr', data: bytes('oops\n') }),
  at(2700, { event: 'node.log', node: 'c', stream: 'stdout', data: bytes('o\n') }),
];

describe('plain view', () => {
  it('tells a build line by line', () => {
    let text = '';
    const view = createPlainView({ write: (more) => (text += more), level: 'info' });
    for (const event of story) view(event);
    view(at(3000, { event: 'node.log', node: 'c', stream: 'stdout', data: bytes('no newline') }));
    view(at(3000, { event: 'node.failed', node: 'c', durationMs: 1000, text: 'exit code 2' }));
    view(at(3000, { event: 'message', level: 'debug', text: 'not shown' }));
    view(at(3000, { event: 'message', level: 'warn', text: 'emulation', hint: 'use KVM' }));
    const warning = { event: 'build.warning', rule: 'Rule', text: 'not\u001b[31m so' } as const;
    view(at(3000, { ...warning, url: 'docs/checks/rule.md', file: 'Dockerfile', line: 3 }));
    view(at(3000, { ...warning, file: 'a\nb' }));
    expect(text).toBe(`#1 [build 1/3] FROM debian:bookworm
#1 sha256:0123 10.0MB / 50.0MB
#1 sha256:0123 50.0MB / 50.0MB done
#1 DONE 1.0s
#2 [build 2/3] WORKDIR /src
#2 CACHED
#3 [build 3/3] RUN make
#3 0.500 one
#3 0.600 oops
#3 0.700 two
#3 1.000 no newline
#3 ERROR: exit code 2
warn: emulation
hint: use KVM
warning: Rule: not so (Dockerfile:3, see docs/checks/rule.md)
warning: Rule: not so (a\\x0ab)
`);
  });
});

describe('live frame', () => {
  it('shows steps, timings, cached nodes and the last lines of output', () => {
    const state = new ProgressState();
    for (const event of story) state.apply(event);
    expect(renderFrame(state, 4200, { columns: 50, rows: 24 })).toEqual([
      '[+] Building 3.2s (2/3)',
      ' => [build 1/3] FROM debian:bookworm          1.0s',
      ' => CACHED [build 2/3] WORKDIR /src           0.0s',
      ' => [build 3/3] RUN make                      2.2s',
      ' => => # one',
      ' => => # oops',
      ' => => # two',
    ]);
  });

  it('gives up finished nodes first when rows are few', () => {
    const state = new ProgressState();
    for (const event of story) state.apply(event);
    expect(renderFrame(state, 4200, { columns: 30, rows: 4 })).toEqual([
      '[+] Building 3.2s (2/3)',
      ' => [build 3/3] RUN make  2.2s',
      ' => => # two',
    ]);
  });

  it('never has more rows or columns than the terminal', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('start' as const), id: fc.nat(30), name: fc.string({ unit: 'binary' }) }),
      fc.record({ kind: fc.constant('log' as const), id: fc.nat(30), name: fc.string({ unit: 'binary' }) }),
      fc.record({ kind: fc.constant('end' as const), id: fc.nat(30), name: fc.string() }),
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 200 }),
        fc.integer({ min: 2, max: 50 }),
        fc.integer({ min: 10, max: 120 }),
        (events, rows, columns) => {
          const state = new ProgressState();
          for (const { kind, id, name } of events) {
            const node = `n${id}`;
            if (kind === 'start') state.apply(at(0, { event: 'node.started', node, name }));
            else if (kind === 'log')
              state.apply(at(0, { event: 'node.log', node, stream: 'stdout', data: bytes(`${name}\n`) }));
            else state.apply(at(0, { event: 'node.finished', node, durationMs: 1 }));
          }
          const frame = renderFrame(state, 10, { columns, rows });
          expect(frame.length).toBeLessThan(rows);
          for (const line of frame) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});

describe('JSON lines', () => {
  it('carry the fields of the original tool', () => {
    const line = encodeEvent({
      ...at(Date.UTC(2026, 10, 23), { event: 'message', level: 'debug', text: 'Running remote command' }),
      vmId: '2ad5e481',
      ipAddress: '192.168.128.56',
      vethName: 'vethkBk',
      command: 'apk update',
    });
    expect(JSON.parse(line)).toEqual({
      '@level': 'debug',
      '@message': 'Running remote command',
      '@module': 'test',
      '@timestamp': '2026-11-23T00:00:00.000Z',
      command: 'apk update',
      'ip-address': '192.168.128.56',
      'veth-name': 'vethkBk',
      'vmm-id': '2ad5e481',
      event: { event: 'message', level: 'debug', text: 'Running remote command' },
    });
  });

  it('are read back as the same events', () => {
    for (const event of story) expect(decodeEvent(encodeEvent(event))).toEqual(event);
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), (data, time) => {
        const event = at(time, { event: 'node.log', node: 'x', stream: 'stdout', data });
        expect(decodeEvent(encodeEvent(event))).toEqual(event);
      }),
    );
  });

  it('other lines are not events', () => {
    for (const line of ['', 'text', '{}', '[]', 'null', '{"event":{}}']) expect(decodeEvent(line)).toBeUndefined();
  });
});
