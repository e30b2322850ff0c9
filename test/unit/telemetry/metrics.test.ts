import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { measureViews } from '../../../src/telemetry/view-metrics.ts';

const UNARY = { method: 'p.S/M', kind: 'unary', protocol: 'grpc' } as const;
const STREAM = { method: 'p.S/W', kind: 'stream', protocol: 'grpc' } as const;

test('calls are counted by method, protocol and code, and open ones are gauged', async () => {
  const { registry, rpc } = createMetrics();
  rpc.started(UNARY);
  rpc.started(STREAM);
  rpc.ended({ ...UNARY, code: 'OK', durationMs: 3 });
  const text = await registry.metrics();
  expect(text).toContain('glip_executor_rpc_handled_total{method="p.S/M",protocol="grpc",code="OK"} 1');
  expect(text).toContain('glip_executor_rpc_open{method="p.S/M",protocol="grpc"} 0');
  expect(text).toContain('glip_executor_rpc_open{method="p.S/W",protocol="grpc"} 1');
  expect(text).toContain('glip_executor_rpc_duration_seconds_bucket{le="0.0025",method="p.S/M",code="OK"} 0');
  expect(text).toContain('glip_executor_rpc_duration_seconds_bucket{le="0.005",method="p.S/M",code="OK"} 1');
});

test('streams are counted, but their length is not in the histogram', async () => {
  const { registry, rpc } = createMetrics();
  rpc.started(STREAM);
  rpc.ended({ ...STREAM, code: 'UNAVAILABLE', durationMs: 3_600_000 });
  const text = await registry.metrics();
  expect(text).toContain(
    'glip_executor_rpc_handled_total{method="p.S/W",protocol="grpc",code="UNAVAILABLE"} 1',
  );
  expect(text).not.toContain('rpc_duration_seconds_count{method="p.S/W"');
});

test('the process is measured, and two registries do not mix', async () => {
  const one = createMetrics();
  const two = createMetrics();
  one.rpc.started(UNARY);
  expect(await one.registry.metrics()).toContain('process_resident_memory_bytes');
  expect(await two.registry.metrics()).not.toContain('p.S/M');
});

test('views are read when they are scraped', async () => {
  const { registry } = createMetrics();
  const status = { synced: true, size: 3, events: 5, relists: 1, reconnects: 2, errors: 4 };
  let age = Number.POSITIVE_INFINITY;
  measureViews(registry, [
    { name: 'jobs', status: () => status, ageMs: () => age },
    { name: 'pods', status: () => ({ ...status, synced: false }), ageMs: () => 0 },
  ]);
  expect(await registry.metrics()).toContain('glip_executor_view_freshness_seconds{view="jobs"} +Inf');
  age = 1_500;
  status.events = 6;
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = await registry.metrics();
    for (const line of [
      'freshness_seconds{view="jobs"} 1.5',
      'synced{view="jobs"} 1',
      'synced{view="pods"} 0',
      'objects{view="jobs"} 3',
      'events_total{view="jobs"} 6',
      'relists_total{view="jobs"} 1',
      'reconnects_total{view="pods"} 2',
      'errors_total{view="jobs"} 4',
    ])
      expect(text).toContain(`glip_executor_view_${line}`);
  }
});
