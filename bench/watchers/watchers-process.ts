import type { StepKey } from '../../gen/glip/executor/v1/step_pb.js';
import type { Address } from '../../src/config/address.ts';
import { ask, startProcess } from '../support/ask-process.ts';

/** A process that holds many watches of one step, or of many. */
export interface Watchers {
  /** Resolves when each has its snapshot. */
  open(grpc: Address, keys: readonly StepKey[], count: number, connections: number): Promise<void>;
  close(): Promise<void>;
  /** From now on it reads nothing and says nothing, with all its connections open. */
  freeze(): void;
  thaw(): void;
  end(): void;
}

export function startWatchers(): Watchers {
  const child = startProcess('watchers.ts');
  return {
    open: (grpc, keys, count, connections) => ask(child, { order: 'open', grpc, keys, count, connections }),
    close: () => ask(child, { order: 'close' }),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    end: () => void child.kill('SIGKILL'),
  };
}
