import { residentMiB } from '../../test/support/processes.ts';
import type { ExecutorProcess } from '../support/executor-process.ts';
import { round } from '../support/statistics.ts';

/** Memory of an executor in MiB. */
export interface Memory {
  readonly resident: number;
  /** What V8 uses of its heap, after a full garbage collection. */
  readonly heap: number;
}

/** Of node: lets SIGUSR2 collect garbage, because what is not collected yet says nothing. */
export const collectOnSignal = [
  '--expose-gc',
  '--import',
  "data:text/javascript,process.on('SIGUSR2',()=>{gc();gc()})",
];

/** Of an executor that runs with `collectOnSignal`. */
export async function memoryOf({ pid, http }: ExecutorProcess): Promise<Memory> {
  const metrics = async (): Promise<string> =>
    (await fetch(`http://${http.host}:${http.port}/metrics`)).text();
  process.kill(pid, 'SIGUSR2');
  // The first answer may overtake the signal.
  await metrics();
  const text = await metrics();
  const bytes = /^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1];
  return { resident: round(residentMiB(pid)), heap: round(Number(bytes) / 1024 / 1024) };
}
