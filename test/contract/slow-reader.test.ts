import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedApi, startSimulatedApi } from '../../bench/simulated/api.ts';
import { readAll } from '../../bench/slow-reader/readers.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';

const count = 400;
let api: SimulatedApi;
let executor: TestExecutor;

beforeAll(async () => {
  api = await startSimulatedApi(count);
  executor = await startExecutor({ access: { kind: 'fixed', server: api.server, token: 'simulated' } });
});
afterAll(async () => {
  await executor?.stop();
  api?.stop();
});

/** The same with 5,000 steps and a pause of 30 s is bench/slow-reader.ts, with the memory that it takes. */
test('a reader of all steps that pauses gets every end, once, and holds up nobody', async () => {
  const [slow, quick] = [readAll(executor.grpc, count, 60_000), readAll(executor.grpc, count, 60_000)];
  await Promise.all([slow.synced, quick.synced]);
  slow.pause();
  await api.finish(1_000);
  // It reads nothing until the other has read everything.
  const all = { ends: count, repeated: 0, regressed: 0 };
  expect(await quick.done).toMatchObject(all);
  slow.go();
  expect(await slow.done).toMatchObject(all);
});
