import { parseArgs } from 'node:util';
import { cpuMs, peakMiB } from '../test/support/processes.ts';
import { type SimulatedProcess, startSimulated } from './scale/simulated-process.ts';
import { startMeasured } from './scale/start-time.ts';
import { circumstances, keep } from './support/report.ts';
import { round, summarize } from './support/statistics.ts';
import { collectOnSignal, memoryOf } from './watchers/executor-memory.ts';
import { startWatchers } from './watchers/watchers-process.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** Folder of another checkout, measured in turn with this one. */
    before: { type: 'string' },
    rounds: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});
const count = options.quick ? 500 : 10_000;
const followers = options.quick ? 50 : 1_000;
const changes = options.quick ? 100 : 10_000;
const perSecond = 500;
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));

/** One life of an executor: started on a cluster full of live steps, followed, kept busy, and made to list anew. */
async function measure(api: SimulatedProcess, checkout: string | undefined) {
  const key = api.keys[count - 1];
  if (key === undefined) throw new Error('a cluster without steps');
  const profile = options['cpu-prof'];
  const nodeFlags = [...collectOnSignal, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [])];
  const where = { kubeconfig: api.kubeconfig, nodeFlags, ...(checkout !== undefined && { checkout }) };
  const { executor, times } = await startMeasured(where, key);
  const watchers = startWatchers();
  try {
    const peakOfStart = round(peakMiB(executor.pid));
    const synced = await memoryOf(executor);
    await watchers.open(executor.grpc, api.keys, followers, 10);
    const followed = await memoryOf(executor);
    const before = cpuMs(executor.pid);
    await api.churn(changes, perSecond);
    const cpuPerChange = round((cpuMs(executor.pid) - before) / changes);
    const changed = await memoryOf(executor);
    const asked = performance.now();
    await api.expire();
    const relistMs = round(performance.now() - asked);
    const after = await memoryOf(executor);
    const peak = round(peakMiB(executor.pid));
    const complaints = executor.complaints.length;
    return { times, peakOfStart, synced, followed, changed, cpuPerChange, relistMs, after, peak, complaints };
  } finally {
    watchers.end();
    await executor.stop();
  }
}

const begun = circumstances();
const api = await startSimulated(count);
try {
  const kinds = options.before === undefined ? ['now'] : ['before', 'now'];
  const taken: { readonly kind: string; readonly life: Awaited<ReturnType<typeof measure>> }[] = [];
  for (let i = 0; i < rounds; i += 1) {
    for (const kind of kinds) {
      const life = await measure(api, kind === 'before' ? options.before : undefined);
      taken.push({ kind, life });
      console.log(`${kind}: ${JSON.stringify(life)}`);
    }
  }
  const median = (kind: string, of: (life: (typeof taken)[0]['life']) => number) =>
    summarize(taken.filter((t) => t.kind === kind).map((t) => of(t.life))).median;
  const medians = Object.fromEntries(
    kinds.map((kind) => [
      kind,
      {
        firstAnswerMs: median(kind, (life) => life.times.firstAnswer),
        servingMs: median(kind, (life) => life.times.serving),
        startCpuMs: median(kind, (life) => life.times.cpu),
        followedMiB: median(kind, (life) => life.followed.resident),
        followedHeapMiB: median(kind, (life) => life.followed.heap),
        changedMiB: median(kind, (life) => life.changed.resident),
        afterMiB: median(kind, (life) => life.after.resident),
        peakMiB: median(kind, (life) => life.peak),
        cpuMsPerChange: median(kind, (life) => life.cpuPerChange),
      },
    ]),
  );
  console.log(JSON.stringify(medians, null, 2));
  keep('scale', { ...begun, count, followers, changes, medians, rounds: taken }, options.quick);
} finally {
  api.stop();
}
