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
