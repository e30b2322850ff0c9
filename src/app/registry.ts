import { X509Certificate } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import type { ImageRegistry } from '../image/ports.ts';
import type { WatchedFiles } from '../lib/watched-files.ts';
import { createRegistryClient } from '../registry/client.ts';
import { parseDockerConfig } from '../registry/docker-config.ts';
import { createHttp, type Http } from '../registry/http.ts';
import type { ImageMetrics } from '../telemetry/image-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';
import { watchTold } from './told-files.ts';

export interface RegistryDeps {
  readonly config: Pick<Config, 'images' | 'reloadInterval'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly reloads: Pick<ReloadMetrics, 'reloaded'>;
  readonly metrics: Pick<ImageMetrics, 'asked'>;
  readonly now: () => number;
}

/**
 * The way to registries, with what the configuration's files say, again whenever they change.
 * @throws Error when one of them cannot be used
 */
export function openRegistry(deps: RegistryDeps): ImageRegistry & { close(): void } {
  const { images } = deps.config;
  const credentials = watchForImages(deps, images.registryConfigFile, (text) => parseDockerConfig(text));
  const cas = watchForImages(deps, images.registryCaFile, readCas);
  let http = createHttp(cas?.current);
  cas?.subscribe((pem) => {
    const before = http;
    http = createHttp(pem);
    // What is under way there is repeated by whoever asked.
    void before.close();
  });
  const client = createRegistryClient({
    http: () => measured(http, deps.metrics),
    credentials: (place) => credentials?.current(place),
    isPlain: (host) => images.plainHttp?.includes(host) === true,
    now: deps.now,
  });
  return {
    ...client,
    close() {
      credentials?.close();
      cas?.close();
      void http.close();
    },
  };
}

/** A file that is not used until it is whole; what cannot be used changes nothing. */
export function watchForImages<T>(
  { config, logger, reloads }: Pick<RegistryDeps, 'config' | 'logger' | 'reloads'>,
  file: string | undefined,
  parse: (text: string) => T,
): WatchedFiles<T> | undefined {
  if (file === undefined) return undefined;
  return watchTold({
    what: 'images',
    paths: [file],
    parse: ([text]) => parse(String(text)),
    intervalMs: config.reloadInterval.ms,
    applied: { message: 'a changed file about images is in use', about: () => ({ file }) },
    refused: 'a changed file about images cannot be used: what was before stays',
    logger,
    metrics: reloads,
  });
}

const aCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function readCas(pem: string): string {
  const blocks = pem.match(aCertificate) ?? [];
  if (blocks.length === 0) throw new Error('it has no certificate in PEM');
  for (const block of blocks) new X509Certificate(block);
  return blocks.join('\n');
}

function measured(http: Http, metrics: Pick<ImageMetrics, 'asked'>): Http {
  return {
    ...http,
    async ask(url, ask) {
      const began = performance.now();
      let status = 'none';
      try {
        const answer = await http.ask(url, ask);
        status = `${Math.trunc(answer.status / 100)}xx`;
        return answer;
      } finally {
        metrics.asked(status, performance.now() - began);
      }
    },
  };
}
