import { parseIdentities, type SignerIdentity } from '../image/identities.ts';
import { createKeyless } from '../image/keyless.ts';
import { createPins, type Pins } from '../image/pin.ts';
import { readPublicKeys } from '../image/public-key.ts';
import { anyImage, type ClusterImageRules } from '../image/rules.ts';
import { anySource, sourceProblem } from '../image/source.ts';
import { trustOf } from '../image/trust.ts';
import { ExecutorError } from '../step/errors.ts';
import { createImageMetrics, type ImageMetrics } from '../telemetry/image-metrics.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { openRegistry, type RegistryDeps, watchForImages } from './registry.ts';

export interface ImagesDeps extends Omit<RegistryDeps, 'metrics'> {
  /** Whether the cluster runs only what its catalogue has, and has no registry. */
  readonly isEmbedded: boolean;
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly signal: AbortSignal;
}

/** Which images run, and as what. */
export interface Images {
  readonly rules: ClusterImageRules;
  /** Undefined where images run as they are named. */
  readonly pin?: Pins['pin'];
  close(): void;
}

/** @throws Error when the configuration's files cannot be used */
export function createImages(deps: ImagesDeps): Images {
  const { images } = deps.config;
  const strict = !deps.isEmbedded || images.resolve === 'on';
  const { sources } = images;
  if (strict && sources === undefined)
    deps.logger.warn(
      'images.sources is not set: only tenants whose descriptions name image_sources can run steps',
    );
  if (!strict || images.resolve === 'off') {
    return { rules: { ...anyImage, sources, openWithoutSources: !strict }, close: () => undefined };
  }
  const keys = watchForImages(deps, images.keysFile, readPublicKeys);
  const keyless = watchForImages(deps, images.trustedRootFile, (text) =>
    createKeyless(identitiesOf(images.identities), text),
  );
  const { signatures } = images;
  if (signatures === 'required' && keys === undefined && keyless === undefined)
    deps.logger.warn(
      'neither images.keysFile nor images.identities is set: only tenants whose descriptions name image_keys, or ask for no signature, can run steps',
    );
  const rules: ClusterImageRules = {
    sources,
    openWithoutSources: false,
    signatures,
    verifies: true,
    get trust() {
      return keys || keyless ? trustOf(keys?.current ?? [], keyless?.current) : undefined;
    },
  };
  const metrics = createImageMetrics(deps.metrics.registry);
  const registry = openRegistry({ ...deps, metrics });
  const { pin } = createPins({
    registry,
    rules,
    now: deps.now,
    timeoutMs: images.timeout.ms,
    tagTtlMs: images.tagCacheTtl.ms,
    signal: deps.signal,
  });
  return {
    rules,
    pin: counted(pin, metrics),
    close() {
      keys?.close();
      keyless?.close();
      registry.close();
    },
  };
}

function identitiesOf(config: unknown): readonly SignerIdentity[] {
  const parsed = parseIdentities(config);
  // The configuration was refused for it, where there is one that people write.
  if (!parsed.ok) throw new TypeError(`images.identities: ${JSON.stringify(parsed.problems)}`);
  return parsed.value;
}

/** What is wrong with the sources of a configuration. */
export function imageSourcesProblems(
  value: unknown,
  path: string,
): readonly { readonly path: string; readonly message: string }[] {
  return (value as readonly string[]).flatMap((source, i) => {
    const problem = source === anySource ? undefined : sourceProblem(source);
    return problem === undefined ? [] : [{ path: `${path}[${i}]`, message: problem }];
  });
}

const counted =
  (pin: Pins['pin'], metrics: ImageMetrics): Pins['pin'] =>
  async (...asked) => {
    try {
      const pinned = await pin(...asked);
      metrics.decided('allowed');
      return pinned;
    } catch (error) {
      if (error instanceof ExecutorError) metrics.decided(error.reason);
      throw error;
    }
  };
