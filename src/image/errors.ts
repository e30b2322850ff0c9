import { ExecutorError } from '../step/errors.ts';

/** Whom a refusal is about. */
interface About {
  readonly registry: string;
  readonly repository: string;
}

const named = ({ registry, repository }: About): string => `${registry}/${repository}`;

export const imageNotFound = (image: string): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'IMAGE_NOT_FOUND',
    message: `the registry does not have the image ${image}; push it, or correct its name`,
    metadata: { image },
  });

/** `image` with its digest: what was looked at. */
export const imageUnsigned = (image: string): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'IMAGE_UNSIGNED',
    message: `the image ${image} has no signature, and must have one here; sign it with cosign`,
    metadata: { image },
  });

/** `found`: how many signatures there are, and how many of them are good ones of another image. */
export const signatureInvalid = (
  image: string,
  found: { readonly signatures: number; readonly ofAnother: number },
): ExecutorError => {
  const { signatures, ofAnother } = found;
  const has = `the image ${image} has ${signatures} ${signatures === 1 ? 'signature' : 'signatures'}`;
  const why =
    ofAnother > 0
      ? `${ofAnother} of which good, but of another image: somebody has put what is not its own there`
      : 'none of which by anybody who is trusted here (image_keys of the tenant, else images.keysFile and images.identities)';
  return new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'IMAGE_SIGNATURE_INVALID',
    message: `${has}, ${why}`,
    metadata: { image },
  });
};

export const registryDenied = (about: About, status: number): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'IMAGE_REGISTRY_DENIED',
    message: `the registry does not let the executor read ${named(about)} (HTTP ${status}): the repository is not there, or the credentials in images.registryConfigFile may not read it`,
    metadata: { repository: named(about) },
  });

/** `why` is ours: nothing that a registry wrote reaches a caller. */
export const registryUnavailable = (
  about: About,
  why: string,
  { retryAfterMs = 5_000, cause }: { readonly retryAfterMs?: number; readonly cause?: unknown } = {},
): ExecutorError =>
  new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'IMAGE_REGISTRY_UNAVAILABLE',
    message: `what ${named(about)} holds cannot be found out: ${why}; no step starts with an image that nobody has looked at`,
    metadata: { repository: named(about) },
    retryAfterMs,
    cause,
  });

export const digestMismatch = (about: About, asked: string, found: string): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'IMAGE_TAMPERED',
    message: `the registry gives for ${named(about)}@${asked} what has the digest ${found}: somebody has changed it there or on its way`,
    metadata: { repository: named(about), digest: asked },
  });

export const answerInvalid = (about: About, why: string): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'IMAGE_INVALID',
    message: `what the registry gives for ${named(about)} cannot be used: ${why}`,
    metadata: { repository: named(about) },
  });
