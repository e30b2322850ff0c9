import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { sleep } from '../../../src/lib/abort.ts';
import { formatKey } from '../../../src/step/key.ts';
import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { isFinal, isRunning } from '../../support/states.ts';
import { aStep, type StepRequest } from '../../support/step.ts';
import { stepOf } from '../../support/watch.ts';
import type { Random } from '../random.ts';
import { followStep } from './follow-step.ts';
import { persist } from './persist.ts';
import { type PlannedStep, type PlanOptions, planStep } from './plan.ts';
import { summary } from './summary.ts';
import type { Tally } from './tally.ts';

export interface LoadOptions extends PlanOptions {
  readonly cluster: Pick<TestCluster, 'agent'>;
  /** Callers with connections of their own; the work is spread over them. */
  readonly clients: readonly ExecutorClient[];
  readonly tenant: string;
  readonly random: Random;
  /** At most so many. */
  readonly steps: number;
  /** Whether another step is to begin; until all are done by default. */
  readonly more?: () => boolean;
  /** Steps under way at the same time. */
  readonly concurrency: number;
  /** Streams for each step. */
  readonly watchers: number;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly onEnd?: (done: number) => void;
  /**
   * Whether nobody may have looked at the cluster at some moment of that time. Then the pod of a step that was being stopped may have gone
   * unseen, and the only true word is that its end is not known (EndUnconfirmed).
   */
  readonly unattended: (from: number, to: number) => boolean;
}

/** A step that was submitted, and the end that its watchers were told. */
export interface EndedStep {
  readonly request: StepRequest;
  readonly end: Step;
}

/** Submits, watches, cancels, and compares each end with what was played and with what the other watchers were told. */
export async function runLoad(options: LoadOptions): Promise<readonly EndedStep[]> {
  const { random, tally, more = () => true } = options;
  const planned = Array.from({ length: options.steps }, () => planStep(random, options));
  const chances = planned.map(() => random.fork());
  const ended: EndedStep[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < planned.length && more()) {
      const index = next++;
      const plan = planned[index]!;
      const client = (of: number) => options.clients[(index + of) % options.clients.length]!;
      const request = aStep(options.cluster, { ...plan.wish, tenant: options.tenant });
      const end = await playStep(options, plan, request, client, chances[index]!);
      ended.push({ request, end });
      tally.count(`ends: ${plan.kind}`);
      options.onEnd?.(ended.length);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, lane));
  return ended;
}

async function playStep(
  { tally, signal, watchers, unattended }: LoadOptions,
  { cancel, check, stopped }: PlannedStep,
  request: StepRequest,
  client: (of: number) => ExecutorClient,
  random: Random,
): Promise<Step> {
  const { key } = request;
  const running = Promise.withResolvers<void>();
  const began = Date.now();
  await persist('submits', tally, signal, () => client(0).submitted(request));
  const ends = Array.from({ length: watchers }, async (_, i) => {
    if (i > 0) await sleep(random.between(0, 2_000), signal);
    return followStep({
      client: client(i),
      key,
      tally,
      signal,
      onFrame: (frame) => {
        const step = stepOf(frame);
        if (step !== undefined && (isRunning(step) || isFinal(step))) running.resolve();
      },
    });
  });
  const cancelled = async (): Promise<void> => {
    if (cancel === undefined) return;
    if (cancel.from === 'running') await running.promise;
    await sleep(cancel.ms, signal);
    await persist('cancels', tally, signal, () => client(1).cancel(key, 'by plan'));
  };
  // A watcher that fails must fail the run, also while the cancel waits for it.
  const [first, ...others] = (await Promise.all([...ends, cancelled()])).slice(0, watchers) as Step[];
  const end = first!;
  const unknown = stopped && end.outcome?.reason === 'EndUnconfirmed' && unattended(began, Date.now());
  const wrong = unknown ? undefined : check(end);
  if (unknown) tally.count('ends: not known, since nobody looked');
  if (wrong !== undefined) tally.violation(`${formatKey(key)} ${wrong}`);
  for (const other of others)
    if (summary(other) !== summary(end))
      tally.violation(`${formatKey(key)}: two watchers were told ${summary(end)} and ${summary(other)}`);
  return end;
}
