import { type CrowdResult, runCrowd } from '../../test/faults/logs/crowd.ts';
import { type LogsResult, runLogs } from '../../test/faults/logs/run-logs.ts';
import { startNodeCluster } from '../../test/support/node-cluster.ts';
import { tell } from '../support/report.ts';
import type { Soak } from './soak.ts';

const full = { lines: 1_000_000, pauseMs: [4_000, 10_000], timeoutMs: 900_000 } as const;
const quick = { lines: 60_000, pauseMs: [500, 1_500], timeoutMs: 180_000 } as const;
const crowd = { readers: 20, sleepers: 180 };

type Result = LogsResult & { readonly crowd: CrowdResult };

/** One agent that writes as fast as it can, and everything between it and a reader stopped and started. */
export const logs: Soak<Result> = {
  what: '1,000,000 lines of one agent on a real node, read through everything that may stop; 200 followers',
  async run({ seed, steps, ...options }) {
    const cluster = await startNodeCluster();
    try {
      const counts = { ...(options.quick ? quick : full), ...(steps !== undefined && { lines: steps }) };
      const result = await runLogs(cluster, {
        ...counts,
        seed,
        onViolation: (text) => tell(`VIOLATION ${text}`),
        onDisturbance: (what, line) => tell(`line ${line}: ${what}`),
      });
      tell(`${result.came} lines came, ${result.missing} are missing behind gaps; now the crowd`);
      const lines = options.quick ? 20_000 : 100_000;
      const of = await runCrowd(cluster, { ...crowd, seed, lines, timeoutMs: full.timeoutMs });
      return { ...result, violations: [...result.violations, ...of.violations], crowd: of };
    } finally {
      await cluster.stop();
    }
  },
};
