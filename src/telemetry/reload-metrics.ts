import { Counter, Gauge, type Registry } from 'prom-client';

/** What became of files that are read again while the executor runs. */
export interface ReloadMetrics {
  reloaded(what: 'tls' | 'policy' | 'jwks' | 'tenants' | 'images', outcome: 'applied' | 'refused'): void;
  /** When the server's own certificate ends; milliseconds. */
  certificateEnds(notAfter: number): void;
}

/** Metrics of reloads. */
export function measureReloads(registry: Registry): ReloadMetrics {
  const registers = [registry];
  const reloads = new Counter({
    name: 'glip_executor_reloads_total',
    help: 'Changes of files and key sets that are read again while the executor runs: applied, or refused because they cannot be used; what was before stays then.',
    labelNames: ['what', 'outcome'],
    registers,
  });
  let ends: Gauge | undefined;
  return {
    reloaded: (what, outcome) => reloads.inc({ what, outcome }),
    certificateEnds(notAfter) {
      ends ??= new Gauge({
        name: 'glip_executor_tls_not_after_seconds',
        help: 'When the certificate that the ports show ends, in seconds since 1970.',
        registers,
      });
      ends.set(notAfter / 1000);
    },
  };
}
