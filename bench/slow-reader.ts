import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSimulated } from './scale/simulated-process.ts';
import { readAll } from './slow-reader/readers.ts';
import { startExecutorProcess } from './support/executor-process.ts';
import { circumstances, keep } from './support/report.ts';
import { round } from './support/statistics.ts';
import { collectOnSignal, memoryOf } from './watchers/executor-memory.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const count = options.quick ? 300 : 5_000;
const pauseMs = options.quick ? 3_000 : 30_000;
/** So that all of them end while the one reader pauses. */
const perSecond = 200;

const wordsOf = (line: string): string => /"message":"([^"]{0,120})/.exec(line)?.[1] ?? line.slice(0, 120);

/** One stream of all steps whose reader pauses while they change and end, and one beside it that does not. */
const begun = circumstances();
const api = await startSimulated(count);
const executor = await startExecutorProcess({ kubeconfig: api.kubeconfig, nodeFlags: collectOnSignal });
try {
  const patienceMs = 10 * pauseMs + 120_000;
  const [slow, quick] = [
    readAll(executor.grpc, count, patienceMs),
    readAll(executor.grpc, count, patienceMs),
  ];
  await Promise.all([slow.synced, quick.synced]);
  const base = await memoryOf(executor);
  const began = performance.now();
  slow.pause();
  await api.finish(perSecond);
  const finishedMs = round(performance.now() - began);
  const seenQuick = await quick.done;
  // Every end was told to the one, and the other has not read any of them.
  const during = await memoryOf(executor);
  await delay(Math.max(0, pauseMs - (performance.now() - began)));
  const pausedMs = round(performance.now() - began);
  slow.go();
  const seenSlow = await slow.done;
  const after = await memoryOf(executor);
  const result = {
    ...begun,
    count,
    pausedMs,
    perSecond,
    finishedMs,
    quickLastEndMs: round(seenQuick.lastEnd - began),
    slowLastEndMs: round(seenSlow.lastEnd - began),
    quick: seenQuick,
    slow: seenSlow,
    memory: { base, during, after },
    complaints: executor.complaints.length,
    /** Words of the first few, without what they are of. */
    complaintsOf: [...new Set(executor.complaints.map(wordsOf))].slice(0, 5),
  };
  console.log(JSON.stringify(result, null, 2));
  keep('slow-reader', result, options.quick);
} finally {
  await executor.stop();
  api.stop();
}
