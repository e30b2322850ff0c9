import type { Sample } from '../../test/faults/neighbours/quiet.ts';
import { runNeighbours } from '../../test/faults/neighbours/run-neighbours.ts';
import { roomyNodes } from '../../test/faults/roomy.ts';
import { connect } from '../../test/support/client.ts';
import { startExecutorProcess } from '../../test/support/executor-process.ts';
import { startRealCluster } from '../../test/support/real-cluster.ts';
import { connectTenants } from '../../test/support/tenant-client.ts';
import { tell } from '../support/report.ts';
import { quantile, round } from '../support/statistics.ts';
import type { Soak, SoakResult } from './soak.ts';

interface Times {
  readonly steps: number;
  readonly answered: { readonly median: number; readonly p95: number };
  readonly running: { readonly median: number; readonly p95: number };
}

interface NeighboursSoak extends SoakResult {
  readonly counts: Readonly<Record<string, number>>;
  readonly phases: Readonly<Record<string, Times>>;
  /** From the submit to RUNNING, against alone in the same run. */
  readonly ratios: Readonly<Record<string, { readonly median: number; readonly p95: number }>>;
}

const connections = 8;

/** A tenant with a full quota, and its neighbour. */
export const neighbours: Soak<NeighboursSoak> = {
  what: 'a tenant that submits 200 steps at once beyond its quota of 100, and its neighbour',
  async run({ seed, quick, steps = quick ? 60 : 300 }) {
    const cluster = await startRealCluster({ nodes: roomyNodes });
    try {
      const executor = await startExecutorProcess(cluster.access);
      const tenants = connectTenants(executor.grpc);
      const clients = Array.from({ length: connections }, () => connect(executor.grpc, { own: true }));
      const quota = Math.ceil(steps / 3);
      const of = { client: executor.client, clients, tenants };
      const plan = { seed, quota, beyond: steps - quota, quietSteps: quick ? 10 : 40, tell };
      const { samples, counts, violations } = await runNeighbours(cluster, of, plan);
      for (const client of clients) client.close();
      tenants.close();
      await executor.stop();
      const phases = Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, timesOf(all)]));
      const { alone } = phases;
      const ratios = Object.fromEntries(
        Object.entries(phases).map(([name, { running }]) => [
          name,
          {
            median: round(running.median / (alone?.running.median ?? Number.NaN)),
            p95: round(running.p95 / (alone?.running.p95 ?? Number.NaN)),
          },
        ]),
      );
      return { seed, counts, phases, ratios, violations };
    } finally {
      await cluster.stop();
    }
  },
};

function timesOf(samples: readonly Sample[]): Times {
  const of = (name: keyof Sample) => {
    const sorted = samples.map((sample) => sample[name]).sort((a, b) => a - b);
    return { median: round(quantile(sorted, 0.5)), p95: round(quantile(sorted, 0.95)) };
  };
  return { steps: samples.length, answered: of('answered'), running: of('running') };
}
