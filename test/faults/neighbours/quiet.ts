import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { isFinal, isRunning, stateName } from '../../support/states.ts';
import { aStep } from '../../support/step.ts';

/** What one step took, in milliseconds from its submit. */
export interface Sample {
  readonly answered: number;
  readonly running: number;
}

/** A tenant that minds its own business: a few steps at a time, one after the other. */
export interface Quiet {
  /** Runs its number of steps, and goes on as long as the other is busy. */
  run(busy?: Promise<unknown>): Promise<readonly Sample[]>;
}

export interface QuietOptions {
  readonly cluster: Pick<TestCluster, 'agent'>;
  readonly client: ExecutorClient;
  readonly tenant: string;
  readonly steps: number;
  readonly violated: (text: string) => void;
}

const atOnce = 2;

export function createQuiet({ cluster, client, tenant, steps, violated }: QuietOptions): Quiet {
  const one = async (): Promise<Sample> => {
    const request = aStep(cluster, { tenant, agent: { runMs: 20 } });
    const began = performance.now();
    await client.submit(request);
    const answered = performance.now() - began;
    const watch = client.watch(request.key);
    // One that is over when it is looked at has run by then.
    await watch.until('it runs', (step) => isRunning(step) || isFinal(step));
    const running = performance.now() - began;
    const end = await watch.final();
    if (stateName(end) !== 'SUCCEEDED') violated(`quiet: ${stateName(end)} ${end.outcome?.reason}`);
    const waits = watch.frames.flatMap(({ frame }) =>
      frame.case === 'update' && frame.value.step?.waiting ? [frame.value.step.waiting.reason] : [],
    );
    for (const reason of waits)
      if (/Quota|Unschedulable|Refused/.test(reason)) violated(`quiet: waits for ${reason}`);
    return { answered, running };
  };
  return {
    async run(busy = Promise.resolve()) {
      const samples: Sample[] = [];
      let over = false;
      const done = busy.finally(() => (over = true));
      let begun = 0;
      const lane = async () => {
        while (begun < steps || !over) {
          begun += 1;
          samples.push(await one());
        }
      };
      await Promise.all([done, ...Array.from({ length: atOnce }, lane)]);
      return samples;
    },
  };
}
