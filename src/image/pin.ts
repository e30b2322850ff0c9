import { createMemory } from '../lib/memory.ts';
import type { ExecutorError } from '../step/errors.ts';
import { imageNotFound, registryUnavailable } from './errors.ts';
import { createFlights } from './flights.ts';
import type { ImageRegistry, PinnedImage } from './ports.ts';
import { type ImageReference, parseReference, printReference } from './reference.ts';

export interface PinDeps {
  readonly registry: ImageRegistry;
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
  /** Its sources were checked before: whoever is named here is asked. Throws ExecutorError. */
  pin(image: string, signal: AbortSignal): Promise<PinnedImage>;
}

const mostTags = 10_000;
const mostFlights = 256;

export function createPins(deps: PinDeps): Pins {
  const tags = createMemory<string>({ most: mostTags, ttlMs: deps.tagTtlMs, now: deps.now });
  const flights = createFlights<string>({
    timeoutMs: deps.timeoutMs,
    most: mostFlights,
    signal: deps.signal,
  });

  const digestOf = async (reference: ImageReference, signal: AbortSignal): Promise<string> => {
    const { tag = '', digest } = reference;
    // The tag beside a digest is for people: the digest alone says what runs.
    if (digest !== undefined) return digest;
    const name = printReference(reference);
    const known = tags.get(name);
    if (known !== undefined) return known;
    const refuse = (why: string): ExecutorError => registryUnavailable(reference, why);
    return flights.run(
      name,
      async (within) => {
        const manifest = await deps.registry.manifest(reference, tag, within);
        if (manifest === undefined) throw imageNotFound(name);
        tags.set(name, manifest.digest);
        return manifest.digest;
      },
      signal,
      refuse,
    );
  };

  return {
    async pin(image, signal) {
      const reference = parseReference(image);
      if (reference === undefined) throw new TypeError(`${image} was not checked`);
      const digest = await digestOf(reference, signal);
      return { image: printReference({ ...reference, digest }) };
    },
  };
}
