import { parseArgs } from 'node:util';
import { measureLatency, measureRate } from './submit/measure.ts';
import { type Scenario, withStage } from './submit/scenario.ts';
import { circumstances, keep, tell } from './support/report.ts';

const scenarios: readonly Scenario[] = [
  { controllers: 'frozen', placement: 'apart' },
  { controllers: 'running', placement: 'apart' },
  { controllers: 'frozen', placement: 'together' },
  { controllers: 'running', placement: 'together' },
];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** Submits in a block, and pairs of blocks. */
    count: { type: 'string' },
    pairs: { type: 'string' },
    /** `frozen-apart`: only this scenario. */
    only: { type: 'string' },
    /** Given to the executor's node: `--node-flag=--cpu-prof`. */
    'node-flag': { type: 'string', multiple: true, default: [] },
  },
});
const { quick } = options;

const inFlight = quick ? [32] : [8, 32, 64];
const pairs = Number(options.pairs ?? (quick ? 2 : 10));
const count = Number(options.count ?? (quick ? 50 : 400));
const sequential = quick ? { pairs: 5, count: 25, inFlight: 1 } : { pairs: 60, count: 25, inFlight: 1 };

async function play(scenario: Scenario) {
  const name = `${scenario.controllers}-${scenario.placement}`;
  tell(`${name}: the control plane, the executor and two clients start`);
  const stageOptions = { connections: Math.max(...inFlight), nodeFlags: options['node-flag'] };
  return withStage(scenario, stageOptions, async (stage) => {
    // What the compilers of all processes have not seen yet is no part of the figures.
    await measureRate(stage, { pairs: quick ? 1 : 3, count, inFlight: 32 });
    const latency = await measureLatency(stage, sequential);
    const rates = [];
    for (const calls of inFlight) {
      rates.push(await measureRate(stage, { pairs, count, inFlight: calls }));
    }
    for (const r of rates) {
      console.log(
        `${name}, ${r.inFlight} in flight: ${r.ratio.median} of the raw rate (quartiles ${r.ratio.p25} and ${r.ratio.p75}; ` +
          `${r.perSecond.grpc.median} and ${r.perSecond.raw.median} per second)`,
      );
      console.log(`  CPU ms per submit: ${JSON.stringify(r.cpuMsPerSubmit)}`);
    }
    console.log(
      `${name}, one after the other: ${latency.added.median} ms added at the median, ${latency.added.p99} ms at p99 ` +
        `(raw ${latency.ms.raw.median} and ${latency.ms.raw.p99} ms)`,
    );
    const { complaints } = stage.executor;
    if (complaints.length > 0)
      console.log(`the executor complained, ${complaints.length} times: ${complaints[0]}`);
    return { ...scenario, latency, rates, complaints: complaints.length };
  });
}

const begun = circumstances();
const results = [];
for (const scenario of scenarios) {
  const name = `${scenario.controllers}-${scenario.placement}`;
  if (options.only === undefined ? quick && results.length > 0 : options.only !== name) continue;
  results.push(await play(scenario));
}
keep(options.only === undefined ? 'submit' : `submit-${options.only}`, { ...begun, results }, quick);
