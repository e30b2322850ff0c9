import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import type { RawApi } from '../support/raw-api.ts';

interface StoredPod {
  readonly status: { readonly containerStatuses: readonly ContainerStatus[] };
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID: string;
  readonly state: { readonly running?: { readonly startedAt: string } };
}

/** What a kubelet says when the agent has ended well. The list is one value to the API server, so the entry is complete. */
function ended(status: ContainerStatus): object {
  const terminated = {
    exitCode: 0,
    reason: 'Completed',
    message: '{"status":"success"}',
    startedAt: status.state.running?.startedAt,
    finishedAt: `${new Date().toISOString().slice(0, 19)}Z`,
    containerID: status.containerID,
  };
  return { ...status, ready: false, started: false, state: { terminated } };
}

/** Prepares the word of the agent's end; the call says it and returns when it was sent and when it was answered. */
export async function prepareEnd(api: RawApi, { pod, job }: Step) {
  const path = `/api/v1/namespaces/${job?.namespace}/pods/${pod?.name}`;
  const stored = (await api.send('GET', path)) as StoredPod;
  const containerStatuses = stored.status.containerStatuses.map(ended);
  return async (): Promise<{ readonly sent: number; readonly answered: number }> => {
    const sent = performance.now();
    await api.send(
      'PATCH',
      `${path}/status`,
      { status: { containerStatuses } },
      'application/merge-patch+json',
    );
    return { sent, answered: performance.now() };
  };
}
