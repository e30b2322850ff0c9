import { expect, test } from 'vitest';
import { Waits } from '../../../src/logs/waits.ts';
import { createEventLog } from '../../../src/step/event-log.ts';
import { running, stepAt } from '../step/build.ts';

/** How long a reader waits for the last of the output, by the time at which it comes and the end that it is told. */
async function waited(
  now: number,
  endTime: number | undefined,
  pods: readonly string[] = ['one'],
): Promise<readonly number[]> {
  let clock = now;
  const sleeps: number[] = [];
  const deps = {
    store: {} as never,
    quietMs: 1_000_000,
    random: () => 0,
    now: () => clock,
    async sleep(ms: number) {
      sleeps.push(ms);
      clock += ms;
    },
  };
  const log = createEventLog({ step: stepAt(running) });
  const waits = new Waits(deps, log, true, new AbortController().signal);
  for (const uid of pods) for await (const _ of waits.settled({ uid }, endTime));
  return sleeps;
}

const now = Date.parse('2026-11-27T12:00:00Z');

test.for([
  ['just now', now, [2_000]],
  ['some time ago', now - 30_000, [2_000]],
  ['in the future of this clock', now + 300_000, [2_000]],
  ['at a time that nobody tells', undefined, [2_000]],
  ['long ago', now - 61_000, []],
] as const)('the output of a container that ended %s', async ([, endTime, expected]) => {
  expect(await waited(now, endTime)).toEqual(expected);
});

test('is waited for once for each pod', async () => {
  expect(await waited(now, now, ['one', 'one', 'two', 'two'])).toEqual([2_000, 2_000]);
});
