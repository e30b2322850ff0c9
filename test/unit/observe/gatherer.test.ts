import { expect, test } from 'vitest';
import type { Observation } from '../../../src/job/observation.ts';
import type { LogStore } from '../../../src/job/ports.ts';
import { createGatherer } from '../../../src/observe/gatherer.ts';
import type { Verdict } from '../../../src/step/verdict.ts';
import { end, job, outcome, verdict } from '../step/build.ts';

const pod = { namespace: job.namespace, name: 'pod-1', uid: 'pod-1' };
const failed = (more: object = {}): Verdict =>
  verdict(undefined, { pod, end: { ...end('proposed', 'FAILED'), outcome: { ...outcome(), ...more } } });

async function* chunks(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function gathered(of: Verdict, openLog: LogStore['openLog'], limitMs?: number) {
  const seen: Observation[] = [];
  const gather = createGatherer({
    registry: { apply: (observation: Observation) => void seen.push(observation) } as never,
    store: { listEvents: async () => [] },
    logs: { openLog },
    signal: new AbortController().signal,
    ...(limitMs !== undefined && { limitMs }),
  });
  await gather(of);
  return seen.filter(({ kind }) => kind === 'log-tail');
}

test('the end of the output is shown, without its times', async () => {
  const at = '2026-11-27T16:37:27.704723928Z';
  const openLog: LogStore['openLog'] = async () =>
    chunks(`${at} one\n${at} t`, 'wo\nno time\n', `${at} three`);
  expect(await gathered(failed(), openLog)).toEqual([
    { kind: 'log-tail', jobUid: job.uid, podUid: 'pod-1', text: 'one\ntwo\nthree' },
  ]);
});

test.each<[string, object]>([
  ['has never started', { mayHaveStarted: false }],
  ['has left its output in the message', { evidence: { events: [], logTail: ['known'] } }],
])('no log is opened of an agent that %s', async (_, more) => {
  const openLog: LogStore['openLog'] = async () => {
    throw new Error('not to be asked for');
  };
  let asked = 0;
  await gathered(failed(more), (...args) => {
    asked += 1;
    return openLog(...args);
  });
  expect(asked).toBe(0);
});

test('a node that does not answer holds nothing up, and costs the Events nothing', async () => {
  const never: LogStore['openLog'] = (_pod, _read, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const began = performance.now();
  expect(await gathered(failed(), never, 50)).toEqual([]);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await gathered(failed(), async () => 'forbidden')).toEqual([]);
});
