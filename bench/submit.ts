import { parseArgs } from 'node:util';
import { tellLatency, tellRate } from './submit/describe.ts';
import { measureLatency, measureRate, ways } from './submit/measure.ts';
import { nameOf, type Scenario, type Stage, withStage } from './submit/scenario.ts';
import { circumstances, keep, tell } from './support/report.ts';

const scenarios: readonly Scenario[] = [
  { controllers: 'frozen', placement: 'apart', inFlight: [8, 32, 64] },
  { controllers: 'running', placement: 'apart', inFlight: [32] },
  { controllers: 'frozen', placement: 'together', inFlight: [32] },
];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** `frozen-apart`: only this scenario. */
    only: { type: 'string', multiple: true },
    /** Given to the executor's node: `--node-flag=--cpu-prof`. */
    'node-flag': { type: 'string', multiple: true, default: [] },
  },
});

/** A quick run proves that the bench works. */
const plan = options.quick
  ? { warmUp: 100, rounds: 1, count: 100, sequential: { rounds: 2, count: 25, inFlight: 1 }, patienceMs: 0 }
  : {
      warmUp: 4_000,
      rounds: 48,
      count: 100,
      sequential: { rounds: 60, count: 25, inFlight: 1 },
      patienceMs: 20_000,
    };

async function warmUp(stage: Stage, count: number): Promise<void> {
  // An executor runs for days: what its compiler has not seen yet is no part of the figures.
  for (const way of ways) await stage.run(way, { count, inFlight: 32 });
}

async function play(scenario: Scenario) {
  const name = nameOf(scenario);
  tell(`${name}: the control plane, the executor and two clients start`);
  const connections = Math.max(...scenario.inFlight);
  const stageOptions = { connections, patienceMs: plan.patienceMs, nodeFlags: options['node-flag'] };
  return withStage(scenario, stageOptions, async (stage) => {
    // With the controllers running each Job is made a pod, which takes ten times as long.
    const share = scenario.controllers === 'running' ? 0.25 : 1;
    const few = (n: number): number => Math.ceil(n * share);
    await warmUp(stage, few(plan.warmUp));
    const { sequential } = plan;
    const latency = await measureLatency(stage, { ...sequential, rounds: few(sequential.rounds) });
    tellLatency(name, latency);
    const rates = [];
    for (const inFlight of scenario.inFlight) {
      const rate = await measureRate(stage, { rounds: few(plan.rounds), count: plan.count, inFlight });
      tellRate(name, rate);
      rates.push(rate);
    }
    const { complaints } = stage.executor;
    if (complaints.length > 0) tell(`the executor complained, ${complaints.length} times: ${complaints[0]}`);
    return { scenario: name, latency, rates, complaints: complaints.length };
  });
}

const wanted = scenarios.filter((s) => options.only?.includes(nameOf(s)) ?? true);
for (const scenario of options.quick ? wanted.slice(0, 1) : wanted) {
  const begun = circumstances();
  const result = await play(scenario);
  keep(`submit-${result.scenario}`, { ...begun, ...result }, options.quick);
}
