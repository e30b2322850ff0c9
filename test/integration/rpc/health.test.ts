import { expect, test } from 'vitest';
import { ExecutorService } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import {
  Health,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../../gen/grpc/health/v1/health_pb.js';
import { collect, rejection, seen, until } from './client.ts';
import { startServer } from './harness.ts';

const { check, list, watch } = Health.method;
const SERVICE = ExecutorService.typeName;

test('nothing serves before it is said, and Check answers per service and overall', async () => {
  const { client, health } = await startServer({});
  expect((await client.unary(check)).status).toBe(Serving.NOT_SERVING);
  health.setAll('SERVING');
  expect((await client.unary(check)).status).toBe(Serving.SERVING);
  health.set(SERVICE, 'NOT_SERVING');
  expect((await client.unary(check, { service: SERVICE })).status).toBe(Serving.NOT_SERVING);
  expect((await client.unary(check, { service: '' })).status).toBe(Serving.SERVING);
});

test('Check of an unknown service is NOT_FOUND', async () => {
  const { client } = await startServer({});
  const error = await rejection(client.unary(check, { service: 'no.such.Service' }));
  expect(error).toMatchObject({ code: 'NOT_FOUND', info: { reason: 'SERVICE_UNKNOWN' } });
});

test('List holds every service and the server as a whole', async () => {
  const { client, health } = await startServer({});
  health.set(SERVICE, 'SERVING');
  const { statuses } = await client.unary(list);
  expect(Object.entries(statuses).map(([name, { status }]) => [name, Serving[status]])).toEqual([
    ['', 'NOT_SERVING'],
    [SERVICE, 'SERVING'],
  ]);
});

test('Watch sends the status at once and each one that comes to stay', async () => {
  const { client, health } = await startServer({});
  const statuses: string[] = [];
  const stream = client.stream(watch, { service: SERVICE });
  stream.on('data', (frame: HealthCheckResponse) => statuses.push(Serving[frame.status]));
  stream.on('error', () => {});
  await until('the first comes', () => statuses.length === 1);
  health.set(SERVICE, 'SERVING');
  await until('the second comes', () => statuses.length === 2);
  health.set(SERVICE, 'SERVING');
  health.set('', 'SERVING');
  health.set(SERVICE, 'NOT_SERVING');
  await until('the third comes', () => statuses.length === 3);
  expect(statuses).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
  stream.cancel();
});

test('Watch of an unknown service says SERVICE_UNKNOWN and stays open', async () => {
  const { client, health, server } = await startServer({});
  const statuses: string[] = [];
  const stream = client.stream(watch, { service: 'no.such.Service' });
  stream.on('data', (frame: HealthCheckResponse) => statuses.push(Serving[frame.status]));
  stream.on('error', () => {});
  await until('the first comes', () => statuses.length === 1);
  health.setAll('SERVING');
  expect((await client.unary(check)).status).toBe(Serving.SERVING);
  expect(server.openCalls).toBe(1);
  expect(statuses).toEqual(['SERVICE_UNKNOWN']);
  stream.cancel();
  await until('the watch is closed', () => server.openCalls === 0);
});

test('a drain is told to watchers for good, and then ends their streams with UNAVAILABLE', async () => {
  const { client, health, server } = await startServer({});
  health.setAll('SERVING');
  const watched = collect(client.stream(watch, { service: SERVICE }));
  await until('the watch is open', () => server.openCalls === 1);
  await server.drain();
  health.setAll('SERVING');
  const { frames, error } = await watched;
  expect(frames.map((frame) => Serving[frame.status])).toEqual(['SERVING', 'NOT_SERVING']);
  expect(error).toMatchObject({ code: 'UNAVAILABLE', info: { reason: 'DRAINING' } });
  expect((await client.unary(check)).status).toBe(Serving.NOT_SERVING);
});

test('a name of a megabyte is refused, so that a watch does not keep it', async () => {
  const { client } = await startServer({});
  const stream = client.stream(watch, { service: 'x'.repeat(1_000_000) });
  const error = await new Promise((resolve) => stream.on('error', resolve));
  stream.on('data', () => {});
  expect(seen(error)).toMatchObject({ code: 'INVALID_ARGUMENT', violations: [{ field: 'service' }] });
});
