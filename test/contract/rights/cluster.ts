import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { orRefusal, type Stage } from './stage.ts';

const urlOf = ({ executor: { http } }: Stage, path: string) => `http://${http.host}:${http.port}${path}`;

/** What an executor says of itself, and of those who call. */
export const cluster = {
  async 'an executor is ready'(stage: Stage) {
    return until('it says so, or why not', async () => {
      const answer = await fetch(urlOf(stage, '/readyz?verbose'));
      const text = await answer.text();
      if (stage.isBlind) return text.includes('cannot') && text;
      return answer.ok && 'ready';
    });
  },

  async 'a step is submitted'(stage: Stage) {
    await stage.tenant();
    return until('it is taken, or not for good', async () => {
      const said = await orRefusal(stage.executor.client.submitted(stage.step()).then(() => 'taken'));
      return (said === 'taken' || said.includes('fails')) && said;
    });
  },

  async 'a service account calls'(stage: Stage) {
    const namespace = 'default';
    const { status } = await must(
      stage.cluster,
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600, audiences: ['glip-executor'] },
      },
    );
    return until('it is known, or not', async () => {
      const answer = await fetch(urlOf(stage, '/glip.executor.v1.ExecutorService/ListSteps'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${status.token}` },
        body: JSON.stringify({ filter: { tenant: 'acme' } }),
      });
      const text = await answer.text();
      return !text.includes('NOT_YET_SYNCED') && (answer.ok ? 'it is let in' : text);
    });
  },
};
