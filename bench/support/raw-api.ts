import { Pool } from 'undici';
import { credentialSource } from '../../src/kube/kubeconfig.ts';

/** The API server as bare as it gets: a pool of connections, JSON in, JSON out. No retry, no limit, no signal. */
export interface RawApi {
  /** Throws on any status but success. */
  send(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<unknown>;
  close(): Promise<void>;
}

export async function openRawApi(kubeconfig: string, connections: number): Promise<RawApi> {
  const { server, tls } = await credentialSource({ kind: 'kubeconfig', file: kubeconfig })({ force: false });
  const pool = new Pool(server, { connections, allowH2: false, connect: { ...tls, keepAlive: true } });
  return {
    async send(method, path, body, contentType = 'application/json') {
      const { statusCode, body: answer } = await pool.request({
        method,
        path,
        headers: { accept: 'application/json', 'content-type': contentType, 'user-agent': 'raw' },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.text();
      if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text.slice(0, 500)}`);
      return JSON.parse(text);
    },
    close: () => pool.close(),
  };
}
