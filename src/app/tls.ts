import type { Config } from '../config/schema.ts';
import { parseTlsMaterial, type TlsMaterial, type TlsSource } from '../identity/tls-material.ts';
import type { WatchedFiles } from '../lib/watched-files.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';
import { watchTold } from './told-files.ts';

/** TLS of both ports, from files that are read again when they change; undefined where none is configured. */
export function watchTls(
  { tls, reloadInterval }: Pick<Config, 'tls' | 'reloadInterval'>,
  logger: Logger,
  metrics: ReloadMetrics,
): (TlsSource & Pick<WatchedFiles<TlsMaterial>, 'close'>) | undefined {
  const { certificateFile, keyFile, clientCaFile } = tls;
  if (certificateFile === undefined || keyFile === undefined) return undefined;
  const told = (material: TlsMaterial): void => metrics.certificateEnds(material.notAfter);
  const files = watchTold({
    what: 'tls',
    paths: [certificateFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])],
    parse: (contents) => parseTlsMaterial(contents),
    intervalMs: reloadInterval.ms,
    onChange: told,
    applied: {
      message: 'new TLS certificates are in use',
      about: ({ notAfter }) => ({ notAfter: new Date(notAfter).toISOString() }),
    },
    refused: 'changed TLS files cannot be used: the certificates from before stay in use',
    logger,
    metrics,
  });
  told(files.current);
  const clients = clientCaFile === undefined ? 'none' : tls.clientCertificates;
  return {
    clients,
    get current() {
      return files.current;
    },
    subscribe: files.subscribe,
    close: files.close,
  };
}
