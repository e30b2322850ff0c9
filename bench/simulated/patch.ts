import type { IncomingMessage } from 'node:http';

/** What is read and written of a Job. */
export interface SimulatedJob {
  readonly metadata: {
    readonly name: string;
    resourceVersion: string;
    readonly annotations: Record<string, unknown>;
  };
}

export interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

const annotations = '/metadata/annotations/';

/** The Job after a JSON patch, as far as the executor's own go: tests and adds of annotations. */
export function patched(job: SimulatedJob, operations: readonly PatchOperation[]): SimulatedJob | 'refused' {
  for (const { op, path, value } of operations) {
    if (!path.startsWith(annotations)) continue;
    const key = path.slice(annotations.length).replaceAll('~1', '/').replaceAll('~0', '~');
    if (op === 'test' && (job.metadata.annotations[key] ?? null) !== value) return 'refused';
    if (op === 'add') job.metadata.annotations[key] = value;
  }
  return job;
}

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
