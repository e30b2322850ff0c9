import type { ExecutorProcess } from '../support/executor-process.ts';
import { residentMiB } from '../support/processes.ts';
import { round } from '../support/statistics.ts';

/** Memory of an executor in MiB. */
export interface Memory {
  readonly resident: number;
  /** What V8 uses of its heap, garbage that nobody has collected yet included. */
  readonly heap: number;
}

export async function memoryOf({ pid, http }: ExecutorProcess): Promise<Memory> {
  const text = await (await fetch(`http://${http.host}:${http.port}/metrics`)).text();
  const bytes = /^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1];
  return { resident: round(residentMiB(pid)), heap: round(Number(bytes) / 1024 / 1024) };
}
