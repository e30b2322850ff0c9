import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createClockWarning } from '../../../src/app/clock-warning.ts';
import { createServerClock } from '../../../src/kube/server-clock.ts';
import { measureClock } from '../../../src/telemetry/clock-metrics.ts';
import { json, refuse } from '../../support/misbehaving-server/behaviours.ts';
import type { Behaviour } from '../../support/misbehaving-server/server.ts';
import { aServer, aTransport } from './harness.ts';

/** An API server whose clock is behind ours by so much. */
async function aServerBehind(seconds: number, answer: (headers: Record<string, string>) => Behaviour) {
  const server = await aServer();
  server.always('call', (request, response, socket) =>
    answer({ date: new Date(Date.now() - seconds * 1_000).toUTCString() })(request, response, socket),
  );
  const warnings: { offsetSeconds: number; what: string }[] = [];
  const warn = ({ offsetSeconds }: { offsetSeconds: number }, what: string) =>
    void warnings.push({ offsetSeconds, what });
  const clock = createServerClock(createClockWarning({ warn } as never));
  const transport = aTransport(server, { serverClock: clock });
  const ask = async (times: number) => {
    for (let i = 0; i < times; i += 1)
      await transport.call({ method: 'GET', path: '/x' }).catch(() => undefined);
  };
  return { clock, warnings, ask };
}

test('a clock that is too far off the API server is measured, and warned of once', async () => {
  const { clock, warnings, ask } = await aServerBehind(5, (headers) => json({}, 200, headers));
  const registry = new Registry();
  measureClock(registry, clock.offset);
  expect(await registry.metrics()).not.toMatch(/^glip_executor_clock/m);
  await ask(20);
  const { least = 0, most = 0 } = clock.offset() ?? {};
  expect(least).toBeLessThanOrEqual(5_000);
  expect(most).toBeGreaterThanOrEqual(5_000);
  expect(most - least).toBeLessThan(1_500);
  const value = (name: string, text: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  const text = await registry.metrics();
  expect(value('glip_executor_clock_offset_seconds', text)).toBeCloseTo((least + most) / 2_000);
  expect(value('glip_executor_clock_offset_error_seconds', text)).toBeCloseTo((most - least) / 2_000);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.offsetSeconds).toBeGreaterThan(4);
  expect(warnings[0]?.what).toMatch(
    /^the executor's clock is [45]\.\d s \(±0\.\d s\) ahead of the API server's: let NTP/,
  );
});

test('a clock that is right is not warned of', async () => {
  const { clock, warnings, ask } = await aServerBehind(0, (headers) => json({}, 200, headers));
  await ask(20);
  expect(clock.offset()).toBeDefined();
  expect(warnings).toEqual([]);
});

test.each<[what: string, answer: (headers: Record<string, string>) => Behaviour]>([
  ['a refusal, which may be a proxy', () => refuse(503, 'ServiceUnavailable')],
  ['an answer that a cache has kept', (headers) => json({}, 200, { ...headers, age: '5' })],
  ['a Date that is none', () => json({}, 200, { date: 'now' })],
])('%s tells nothing', async (_, answer) => {
  const { clock, ask } = await aServerBehind(5, answer);
  await ask(1);
  expect(clock.offset()).toBeUndefined();
});
