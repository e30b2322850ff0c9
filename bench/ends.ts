import { parseArgs } from 'node:util';
import { cpuMs, peakMiB } from '../test/support/processes.ts';
import { startSimulated } from './scale/simulated-process.ts';
import { readAll } from './slow-reader/readers.ts';
import { startExecutorProcess } from './support/executor-process.ts';
import { circumstances, keep } from './support/report.ts';
import { round, summarize } from './support/statistics.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** Folder of another checkout, measured in turn with this one. */
    before: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const count = options.quick ? 300 : 5_000;
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
/** More than can be: all of them at once. */
const perSecond = 1_000_000;

/** All steps end at once: from then until a client that follows them all has every end. */
async function measure(checkout: string | undefined) {
  const api = await startSimulated(count);
  const where = { kubeconfig: api.kubeconfig, ...(checkout !== undefined && { checkout }) };
  const executor = await startExecutorProcess(where);
  try {
    const reader = readAll(executor.grpc, count, 300_000);
    await reader.synced;
    const cpu = cpuMs(executor.pid);
    const began = performance.now();
    const [seen] = await Promise.all([reader.done, api.finish(perSecond)]);
    return {
      allToldMs: round(seen.lastEnd - began),
      ends: seen.ends,
      repeated: seen.repeated,
      cpuMs: round(cpuMs(executor.pid) - cpu),
      peakMiB: round(peakMiB(executor.pid)),
      complaints: executor.complaints.length,
    };
  } finally {
    await executor.stop();
    api.stop();
  }
}

const begun = circumstances();
const kinds = options.before === undefined ? ['now'] : ['before', 'now'];
const taken: { readonly kind: string; readonly round: Awaited<ReturnType<typeof measure>> }[] = [];
for (let i = 0; i < rounds; i += 1) {
  for (const kind of kinds) {
    const result = await measure(kind === 'before' ? options.before : undefined);
    taken.push({ kind, round: result });
    console.log(`${kind}: ${JSON.stringify(result)}`);
  }
}
const median = (kind: string, of: (result: (typeof taken)[0]['round']) => number) =>
  summarize(taken.filter((t) => t.kind === kind).map((t) => of(t.round))).median;
const medians = Object.fromEntries(
  kinds.map((kind) => [
    kind,
    { allToldMs: median(kind, (r) => r.allToldMs), complaints: median(kind, (r) => r.complaints) },
  ]),
);
console.log(JSON.stringify(medians, null, 2));
keep('ends', { ...begun, count, medians, rounds: taken }, options.quick);
