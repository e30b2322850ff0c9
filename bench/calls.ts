import { parseArgs } from 'node:util';
import { connect } from '../test/support/client.ts';
import { cpuMs } from '../test/support/processes.ts';
import { startSimulated } from './scale/simulated-process.ts';
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
const calls = options.quick ? 500 : 20_000;
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const atOnce = 32;

/** What a call costs that asks the cluster nothing: GetStep of a step that is known, so many at once on one connection. */
async function measure(checkout: string | undefined) {
  const api = await startSimulated(10);
  const where = { kubeconfig: api.kubeconfig, ...(checkout !== undefined && { checkout }) };
  const executor = await startExecutorProcess({ ...where, nodeFlags: ['--max-semi-space-size=8'] });
  const client = connect(executor.grpc);
  try {
    const { steps } = await client.list({ pageSize: 1 });
    const key = steps[0]?.key;
    if (key === undefined) throw new Error('the executor has no step');
    const run = async (count: number) => {
      let left = count;
      const one = async (): Promise<void> => {
        while (left-- > 0) await client.get(key);
      };
      await Promise.all(Array.from({ length: atOnce }, one));
    };
    // Compiled, as it is after its first minute.
    await run(calls / 4);
    const cpu = cpuMs(executor.pid);
    const began = performance.now();
    await run(calls);
    return {
      cpuMicrosPerCall: round(((cpuMs(executor.pid) - cpu) * 1_000) / calls),
      wallMicrosPerCall: round(((performance.now() - began) * 1_000) / calls),
    };
  } finally {
    client.close();
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
const medians = Object.fromEntries(
  kinds.map((kind) => {
    const of = (figure: keyof (typeof taken)[0]['round']) =>
      summarize(taken.filter((t) => t.kind === kind).map((t) => t.round[figure])).median;
    return [kind, { cpuMicrosPerCall: of('cpuMicrosPerCall'), wallMicrosPerCall: of('wallMicrosPerCall') }];
  }),
);
console.log(JSON.stringify(medians, null, 2));
keep('calls', { ...begun, calls, atOnce, medians, rounds: taken }, options.quick);
