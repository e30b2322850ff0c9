import type { WaitingReason } from './reasons.ts';

/** A reason to wait with its sentence. */
export interface Trouble {
  readonly reason: WaitingReason;
  readonly message: string;
}

/** The kubelet's own reasons for an image that is not there (pkg/kubelet/images/types.go), where they say it all. */
const byReason: Readonly<Record<string, WaitingReason>> = {
  InvalidImageName: 'InvalidImageName',
  ErrImageNeverPull: 'ErrImageNeverPull',
  RegistryUnavailable: 'RegistryUnavailable',
  SignatureValidationFailed: 'ImageSignatureRefused',
};

const pullReasons = ['ErrImagePull', 'ImagePullBackOff', 'ImageInspectError'];

/**
 * What the runtimes pass on from registries and the network. Trouble of the way goes first: its texts hold the words of the others
 * ("429 Too Many Requests: unauthenticated pull rate limit"). Docker Hub says "pull access denied, repository does not exist or may
 * require authorization" of both: access it is, since nobody can tell.
 */
const byMessage: readonly (readonly [RegExp, WaitingReason])[] = [
  [
    /no such host|server misbehaving|temporary failure in name resolution|connection (refused|reset)|i\/o timeout|handshake timeout|deadline exceeded|no route to host|network is unreachable|unexpected EOF|: EOF\b|x509:|too ?many ?requests|\b429\b|\b50[0-4]\b|internal server error|bad gateway|service unavailable|gateway time-?out|registry is unavailable/i,
    'RegistryUnavailable',
  ],
  [/invalid reference format|couldn't parse image name/i, 'InvalidImageName'],
  [
    /pull access denied|\b401\b|\b403\b|unauthori[sz]ed|forbidden|authentication required|insufficient_scope|no basic auth credentials|denied:|authorization failed/i,
    'ImageAccessDenied',
  ],
  [
    /not ?found|no such image|manifest unknown|name unknown|\b404\b|does not exist|no match for platform/i,
    'ImageNotFound',
  ],
];

/** Why an image cannot be had, from a waiting container's reason and message; undefined for what is no trouble with an image. */
export function imageTrouble(reason: string, message: string): Trouble | undefined {
  const plain = withoutBackOff(message);
  const certain = byReason[reason];
  if (certain !== undefined) return { reason: certain, message: plain };
  if (!pullReasons.includes(reason)) return undefined;
  const words = withoutNames(plain);
  const found = byMessage.find(([pattern]) => pattern.test(words))?.[1];
  return { reason: found ?? 'ImagePullFailed', message: plain };
}

/** Whether a message says no more than that the node will try again, as the back-off of kubelets before 1.31 does. */
export const isBareBackOff = (message: string): boolean =>
  /^Back-off pulling image "[^"]*"$/.test(message.trim());

/** ErrImagePull and ImagePullBackOff take turns with the same cause: one sentence for both. */
const withoutBackOff = (message: string): string =>
  message
    .replace(/^Back-off pulling image "[^"]*": (ErrImagePull|ErrRegistryUnavailable|[A-Za-z]+): /, '')
    .trim();

/** The image may be called anything, "denied" and "404" too. */
function withoutNames(message: string): string {
  const image = /(?:image|reference|for) "([^"]+)"/.exec(message)?.[1];
  const bare = image === undefined ? message : message.replaceAll(image, '');
  return bare.replace(/"https?:[^"]*"/g, '');
}
