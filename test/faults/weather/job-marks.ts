import { toTombstone } from '../../../src/job/objects.ts';
import { sleep } from '../../../src/lib/abort.ts';
import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { createTenant, must } from '../../support/tenants.ts';
import { persist } from '../load/persist.ts';
import type { Tally } from '../load/tally.ts';
import type { Random } from '../random.ts';
import { type Claim, createLedger } from './ledger.ts';

/** Jobs that come into being past the proxy, and the look for them. */
export interface JobMarks {
  /** Makes them and looks for them until the signal ends it. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export interface JobMarksOptions {
  readonly cluster: Pick<TestCluster, 'request'>;
  readonly client: ExecutorClient;
  /** Beside whose namespace the marks get one of their own. */
  readonly tenant: string;
  readonly random: Random;
  readonly everyMs: readonly [min: number, max: number];
  readonly tally: Tally;
  /** The newest claim that was heard. */
  readonly claim: () => Claim | undefined;
}

const lookEveryMs = 1_000;

/**
 * The view of Jobs, which a marker's pod does not show: each mark is a Job that never has a pod, made as another executor would make it.
 * What was claimed before a list of steps is asked for must hold in its answer.
 */
export async function startJobMarks(options: JobMarksOptions): Promise<JobMarks> {
  const { cluster, client, random, everyMs, tally, claim } = options;
  const { name: tenant, namespace } = await createTenant(cluster, `${options.tenant}-marks`);
  const ledger = createLedger();
  const stop = { cause: 'Cancel', reason: 'a mark', requestedBy: 'nobody', time: Date.now() } as const;

  const write = async (signal: AbortSignal): Promise<void> => {
    for (let number = 1; !signal.aborted; number += 1) {
      const key = { tenant, runId: 'marks', stepId: 'mark', attempt: number };
      await must(
        cluster,
        'POST',
        `/apis/batch/v1/namespaces/${namespace}/jobs`,
        toTombstone(key, namespace, stop, 3_600),
      );
      ledger.wrote(number, Date.now());
      tally.count('freshness: marks that are Jobs');
      await sleep(random.between(...everyMs), signal).catch(() => undefined);
    }
  };
  const look = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const before = claim();
      const { steps } = await persist('lists', tally, signal, () =>
        client.list({ filter: { tenant }, pageSize: 1_000 }),
      );
      const back = ledger.saw(Math.max(0, ...steps.map(({ key }) => key?.attempt ?? 0)));
      if (back !== undefined) tally.violation(`the list of Jobs: ${back}`);
      const { wrong } = before === undefined ? { wrong: undefined } : ledger.judge(before);
      if (wrong !== undefined) tally.violation(`freshness of Jobs ${wrong}`);
      tally.count('freshness: lists compared');
      await sleep(lookEveryMs, signal).catch(() => undefined);
    }
  };
  return {
    run: async (signal) => {
      // A look that is under way when the run ends has nothing more to say.
      const looked = look(signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      await Promise.all([write(signal), looked]);
    },
  };
}
