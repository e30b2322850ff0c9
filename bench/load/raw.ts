import { objectsOf } from '../support/objects.ts';
import { openRawApi } from '../support/raw-api.ts';
import { aRequest } from '../support/request.ts';
import { serveBlocks } from './serve-blocks.ts';

interface Created {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
}

// The two creates of a submit, straight to the API server.
serveBlocks(async ({ kubeconfig, tenant, connections, followed }) => {
  const api = await openRawApi(kubeconfig, connections);
  return () => {
    const { namespace, job, configMap } = objectsOf(aRequest(tenant), followed);
    const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs?fieldValidation=Warn`;
    const configMaps = `/api/v1/namespaces/${namespace}/configmaps?fieldValidation=Warn`;
    return async () => {
      const created = (await api.send('POST', jobs, job)) as Created;
      const { name, uid } = created.metadata;
      await api.send('POST', configMaps, configMap({ namespace, name, uid }));
    };
  };
});
