import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepKey } from '../../gen/glip/executor/v1/step_pb.js';
import { kubeconfigFile } from '../../test/support/kubeconfig-file.ts';
import { ask, startProcess } from '../support/ask-process.ts';

/** A process that is an API server with many live steps. */
export interface SimulatedProcess {
  readonly kubeconfig: string;
  readonly keys: readonly StepKey[];
  /** So many changes of pods at that rate. */
  churn(count: number, perSecond: number): Promise<void>;
  /** Ends every step with success at that rate. */
  finish(perSecond: number): Promise<void>;
  /** Ends every watch with 410: both views are listed anew. */
  expire(): Promise<void>;
  stop(): void;
}

export async function startSimulated(count: number): Promise<SimulatedProcess> {
  const child = startProcess('simulated-api.ts');
  const { server, keys } = await ask<{ server: string; keys: StepKey[] }>(child, { order: 'start', count });
  const directory = mkdtempSync(join(tmpdir(), 'glip-bench-'));
  return {
    kubeconfig: await kubeconfigFile({ kind: 'fixed', server, token: 'simulated' }, directory),
    keys,
    churn: (changes, perSecond) => ask(child, { order: 'churn', count: changes, perSecond }),
    finish: (perSecond) => ask(child, { order: 'finish', perSecond }),
    expire: () => ask(child, { order: 'expire' }),
    stop() {
      if (child.connected) child.disconnect();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
