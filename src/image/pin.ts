import { createMemory } from '../lib/memory.ts';
import type { ExecutorError } from '../step/errors.ts';
import { findCandidates } from './candidates.ts';
import { signatureDemand } from './demand.ts';
import { imageNotFound, imageUnsigned, registryUnavailable, signatureInvalid } from './errors.ts';
import { createFlights } from './flights.ts';
import type { ImageRegistry, PinnedImage } from './ports.ts';
import { type ImageReference, parseReference, printReference } from './reference.ts';
import type { ClusterImageRules, TenantImageRules } from './rules.ts';
import type { Trust } from './trust.ts';
import { verifyCandidate } from './verify.ts';

export interface PinDeps {
  readonly registry: ImageRegistry;
  readonly rules: ClusterImageRules;
  readonly now: () => number;
  /** For all that is asked about one image; milliseconds. */
  readonly timeoutMs: number;
  /** How long what a tag means is not asked again. */
  readonly tagTtlMs: number;
  /** Ends everything that is under way. */
  readonly signal: AbortSignal;
}

/** Makes of the name of an image the one that runs, or says why it may not. */
export interface Pins {
  /** What imageProblem says was checked before: whoever is named here is asked. Throws ExecutorError. */
  pin(image: string, tenant: TenantImageRules | undefined, signal: AbortSignal): Promise<PinnedImage>;
}

const mostTags = 10_000;
const mostVerdicts = 10_000;
const mostFlights = 256;

export function createPins(deps: PinDeps): Pins {
  const { registry, rules, now } = deps;
  const tags = createMemory<string>({ most: mostTags, ttlMs: deps.tagTtlMs, now });
  // A signature stays good; whose count is part of the key. What is not signed may be so in a minute.
  const verdicts = createMemory<string>({ most: mostVerdicts, ttlMs: Number.POSITIVE_INFINITY, now });
  const flights = createFlights<PinnedImage>({
    timeoutMs: deps.timeoutMs,
    most: mostFlights,
    signal: deps.signal,
  });

  const resolve = async (reference: ImageReference, signal: AbortSignal): Promise<string> => {
    const name = printReference(reference);
    const manifest = await registry.manifest(reference, reference.tag ?? '', signal);
    if (manifest === undefined) throw imageNotFound(name);
    tags.set(name, manifest.digest);
    return manifest.digest;
  };

  const verify = async (reference: ImageReference, trust: Trust, signal: AbortSignal): Promise<string> => {
    const { digest = '' } = reference;
    let signatures = 0;
    let ofAnother = 0;
    for await (const candidate of findCandidates(registry, reference, digest, signal)) {
      const verdict = verifyCandidate(candidate, digest, trust);
      if (verdict.kind === 'another statement') continue;
      signatures += 1;
      if (verdict.kind === 'another image') ofAnother += 1;
      if (verdict.kind !== 'good') continue;
      verdicts.set(`${digest} ${trust.id}`, verdict.by);
      return verdict.by;
    }
    const image = printReference(reference);
    throw signatures === 0 ? imageUnsigned(image) : signatureInvalid(image, { signatures, ofAnother });
  };

  return {
    async pin(image, tenant, signal) {
      const reference = parseReference(image);
      const demand = signatureDemand(rules, tenant);
      if (reference === undefined || demand.kind === 'impossible')
        throw new TypeError(`${image} was not checked`);
      const trust = demand.kind === 'signed' ? demand.trust() : undefined;
      const name = printReference(reference);
      // The tag beside a digest is for people: the digest alone says what runs.
      const digest = reference.digest ?? tags.get(name);
      const known = trust === undefined ? 'not required' : verdicts.get(`${digest} ${trust.id}`);
      if (digest !== undefined && known !== undefined)
        return { image: printReference({ ...reference, digest }), signature: known };
      const refuse = (why: string): ExecutorError => registryUnavailable(reference, why);
      return flights.run(
        `${name} ${trust?.id}`,
        async (within) => {
          const pinned = { ...reference, digest: digest ?? (await resolve(reference, within)) };
          const signature =
            trust === undefined
              ? 'not required'
              : (verdicts.get(`${pinned.digest} ${trust.id}`) ?? (await verify(pinned, trust, within)));
          return { image: printReference(pinned), signature };
        },
        signal,
        refuse,
      );
    },
  };
}
