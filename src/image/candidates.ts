import { isRecord } from '../lib/is-record.ts';
import { signPredicate, statementType } from './payload.ts';
import type { Descriptor, ImageRegistry, Repository } from './ports.ts';
import type { Candidate } from './verify.ts';

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** What a bundle says that it holds: saves reading what is no signature, such as a bill of materials. */
const predicateAnnotation = 'dev.sigstore.bundle.predicateType';
const signatureAnnotation = 'dev.cosignproject.cosign/signature';

/** Whoever may write into a repository may write as many as they like. */
export const mostCandidates = 32;
const maxBundleBytes = 1024 * 1024;
const maxPayloadBytes = 64 * 1024;

/** What the registry has for the image in either of cosign's formats, the newer first, at most so many of each. */
export async function* findCandidates(
  registry: ImageRegistry,
  at: Repository,
  digest: string,
  signal: AbortSignal,
): AsyncGenerator<Candidate> {
  const referrers = await registry.referrers(at, digest, bundleType, signal);
  for (const { digest: name } of referrers.slice(0, mostCandidates)) {
    const manifest = readJson((await registry.manifest(at, name, signal))?.bytes);
    if ((annotationsOf(manifest)[predicateAnnotation] ?? signPredicate) !== signPredicate) continue;
    const [layer] = layersOf(manifest, bundleType);
    const blob = layer && (await registry.blob(at, layer, maxBundleBytes, signal));
    const bundle = blob && bundleOf(blob);
    if (bundle !== undefined) yield bundle;
  }
  const older = await registry.manifest(at, `${digest.replace(':', '-')}.sig`, signal);
  for (const layer of layersOf(readJson(older?.bytes), simpleSigningType).slice(0, mostCandidates)) {
    const signature = layer.annotations[signatureAnnotation];
    const payload = signature && (await registry.blob(at, layer, maxPayloadBytes, signal));
    if (signature !== undefined && payload instanceof Buffer)
      yield { kind: 'simple signing', payload, signature: Buffer.from(signature, 'base64') };
  }
}

/** The envelope in a bundle; undefined where it has none, as the bundles of files. */
function bundleOf(bytes: Buffer): Candidate | undefined {
  const bundle = readJson(bytes);
  const envelope = isRecord(bundle) ? bundle.dsseEnvelope : undefined;
  if (!isRecord(envelope) || envelope.payloadType !== statementType) return undefined;
  const [one, ...more] = Array.isArray(envelope.signatures) ? (envelope.signatures as unknown[]) : [];
  if (!isRecord(one) || typeof one.sig !== 'string' || typeof envelope.payload !== 'string') return undefined;
  if (more.length > 0) return undefined;
  const decoded = (text: string) => Buffer.from(text, 'base64');
  return {
    kind: 'bundle',
    raw: bundle,
    payloadType: envelope.payloadType,
    payload: decoded(envelope.payload),
    signature: decoded(one.sig),
  };
}

interface Layer extends Descriptor {
  readonly annotations: Readonly<Record<string, string>>;
}

function layersOf(manifest: unknown, mediaType: string): readonly Layer[] {
  const layers = isRecord(manifest) && Array.isArray(manifest.layers) ? (manifest.layers as unknown[]) : [];
  return layers.flatMap((layer) => {
    if (!isRecord(layer) || layer.mediaType !== mediaType || !isDigest(layer.digest)) return [];
    return [{ digest: layer.digest, annotations: annotationsOf(layer) }];
  });
}

function annotationsOf(value: unknown): Readonly<Record<string, string>> {
  const said = isRecord(value) && isRecord(value.annotations) ? Object.entries(value.annotations) : [];
  return Object.fromEntries(said.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])));
}

export const isDigest = (value: unknown): value is string =>
  typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);

function readJson(bytes: Buffer | undefined): unknown {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
