/** How a client proves who it is. Certificates are file paths. */
export type Credential =
  | { readonly kind: 'certificate'; readonly certificateFile: string; readonly keyFile: string }
  | { readonly kind: 'token'; readonly token: string };

/** A kubeconfig with one context; as JSON, which is YAML too. */
export function kubeconfig(
  server: string,
  caFile: string,
  credential: Credential,
  namespace = 'default',
): string {
  const user =
    credential.kind === 'token'
      ? { token: credential.token }
      : { 'client-certificate': credential.certificateFile, 'client-key': credential.keyFile };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    'current-context': 'test',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
