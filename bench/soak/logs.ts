import { type CrowdResult, runCrowd } from '../../test/faults/logs/crowd.ts';
import { type LogsResult, runLogs } from '../../test/faults/logs/run-logs.ts';
import type { NodeOptions } from '../../test/support/node/start.ts';
import { type NodeCluster, startNodeCluster } from '../../test/support/node-cluster.ts';
import { tell } from '../support/report.ts';
import type { Soak } from './soak.ts';

const full = { lines: 1_000_000, pauseMs: [4_000, 10_000], timeoutMs: 900_000 } as const;
const quick = { lines: 60_000, pauseMs: [500, 1_500], timeoutMs: 180_000 } as const;
const crowd = { readers: 20, sleepers: 180 };

type Result = LogsResult & { readonly withoutRotation: LogsResult; readonly crowd: CrowdResult };

/** One agent that writes as fast as it can, and everything between it and a reader stopped and started. */
export const logs: Soak<Result> = {
  what: '1,000,000 lines of one agent on a real node, read through everything that may stop; 200 followers',
  async run({ seed, steps, ...options }) {
    const counts = { ...(options.quick ? quick : full), ...(steps !== undefined && { lines: steps }) };
    const run = (cluster: NodeCluster) =>
      runLogs(cluster, {
        ...counts,
        seed,
        onViolation: (text) => tell(`VIOLATION ${text}`),
        onDisturbance: (what, line) => tell(`line ${line}: ${what}`),
      });
    const lines = options.quick ? 20_000 : 100_000;
    const wish = { ...crowd, seed, lines, timeoutMs: full.timeoutMs };
    const [result, of] = await onNode({}, async (cluster) => {
      const ran = await run(cluster);
      tell(`${ran.came} lines came, ${ran.missing} are missing behind gaps; now the crowd`);
      return [ran, await runCrowd(cluster, wish)] as const;
    });
    tell(`the crowd is done; now on a node that does not rotate`);
    const withoutRotation = await onNode({ logSize: '10Gi' }, run);
    const violations = [result, of, withoutRotation].flatMap((one) => one.violations);
    if (withoutRotation.missing > 0)
      violations.push(`${withoutRotation.missing} lines are missing without any rotation`);
    return { ...result, violations, withoutRotation, crowd: of };
  },
};

async function onNode<T>(options: NodeOptions, work: (cluster: NodeCluster) => Promise<T>): Promise<T> {
  const cluster = await startNodeCluster(options);
  try {
    return await work(cluster);
  } finally {
    await cluster.stop();
  }
}
