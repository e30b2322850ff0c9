import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

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
