import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from './api.ts';
import type { Identity } from './control-plane.ts';
import { adminKubeconfig, type Layout, pkiDirectory, serverUrl } from './flags.ts';
import { type Credential, kubeconfig } from './kubeconfig.ts';
import { pathOf } from './processes.ts';
import { mustRun } from './program.ts';

/** Writes the kubeconfig files of one control plane. */
export interface Kubeconfigs {
  readonly admin: { readonly caFile: string; readonly certificateFile: string; readonly keyFile: string };
  readonly writeAdmin: () => Promise<void>;
  readonly write: (identity: Identity) => Promise<string>;
}

/** `api` is asked for only when a token is needed, since the admin's kubeconfig comes before the API server. */
export function createKubeconfigs(layout: Layout, api: () => Api): Kubeconfigs {
  const directory = pkiDirectory(layout);
  const caFile = join(directory, 'ca.crt');
  let count = 0;
  const certificate = (name: string): Credential & { readonly kind: 'certificate' } => ({
    kind: 'certificate',
    certificateFile: join(directory, `${name}.crt`),
    keyFile: join(directory, `${name}.key`),
  });
  const write = async (path: string, credential: Credential, namespace?: string): Promise<string> => {
    await writeFile(path, kubeconfig(serverUrl(layout), caFile, credential, namespace), { mode: 0o600 });
    return path;
  };
  return {
    admin: { caFile, ...certificate('admin') },
    writeAdmin: async () => void (await write(adminKubeconfig(layout), certificate('admin'))),
    write: async (identity) => {
      count += 1;
      const name = `client-${count}`;
      const path = join(layout.directory, `${name}.kubeconfig`);
      if ('serviceAccount' in identity) {
        return write(path, { kind: 'token', token: await requestToken(api(), identity) }, identity.namespace);
      }
      await mustRun(pathOf('pki'), ['client', directory, name, identity.user, ...(identity.groups ?? [])]);
      return write(path, certificate(name));
    },
  };
}

async function requestToken(
  api: Api,
  identity: Extract<Identity, { readonly serviceAccount: string }>,
): Promise<string> {
  const { namespace, serviceAccount, expirationSeconds = 3600 } = identity;
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const { status, body } = await api.request('POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds },
  });
  if (status !== 201) throw new Error(`no token for ${namespace}/${serviceAccount}: ${JSON.stringify(body)}`);
  return body.status.token as string;
}
